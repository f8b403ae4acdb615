/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/**
 * The bytes that every payload starts with, the same in all processes, so that a receiver can check each payload against
 * a checksum that it knows beforehand. Immutable; any thread.
 */
public final class Pattern {
    /** The longest payload. */
    public static final int MAX_PAYLOAD = 4 << 20;

    private final ByteBuf bytes;
    private final ConcurrentHashMap<Integer, Integer> checksums = new ConcurrentHashMap<>();

    public Pattern() {
        byte[] random = new byte[MAX_PAYLOAD];
        new Random(42).nextBytes(random);
        this.bytes =
                Unpooled.unreleasableBuffer(Unpooled.directBuffer(random.length).writeBytes(random));
    }

    /** All bytes. Never released; read it by index only. */
    ByteBuf bytes() {
        return bytes;
    }

    /** CRC-32C of the first {@code length} bytes. */
    public int checksum(int length) {
        return checksums.computeIfAbsent(length, n -> {
            CRC32C crc = new CRC32C();
            crc.update(bytes.nioBuffer(0, n));
            return (int) crc.getValue();
        });
    }

    /** The checksum of a sequence of messages: sensitive to their order and number. */
    public static long chain(long soFar, int messageChecksum) {
        return (soFar * 31 + (messageChecksum & 0xFFFF_FFFFL)) & 0xFFFF_FFFF_FFFFL;
    }
}
