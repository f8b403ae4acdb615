/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random frames, mutated and cut at random: the reader either shows frames or refuses, alike for any cut, and leaks nothing. */
class FrameReaderFuzzTest {
    private static final int ROUNDS = 1_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 20_261_123, 0xC0FFEE})
    void readsAnyBytesTheSameWayHoweverTheyAreCut(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        int accepted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = someFrames(random);
            List<String> whole = outcome(bytes, List.of(bytes.length));
            List<String> cut = outcome(bytes, cuts(random, bytes.length));
            assertThat(cut).as("seed %d round %d", seed, round).isEqualTo(whole);
            if (whole.get(whole.size() - 1).startsWith("refused")) {
                refused++;
            } else {
                accepted++;
            }
        }
        // Both ways were walked, else this test would prove nothing.
        assertThat(refused).isGreaterThan(ROUNDS / 20);
        assertThat(accepted).isGreaterThan(ROUNDS / 20);
    }

    private static List<String> outcome(byte[] bytes, List<Integer> sizes) {
        RecordedFrames seen = new RecordedFrames();
        FrameReader reader = new FrameReader(
                PooledByteBufAllocator.DEFAULT,
                Frame.MIN_MAX_SIZE,
                new AbuseGuard(AbuseLimits.forClients(), new LimitCounters(), () -> 0L),
                seen);
        List<ByteBuf> given = new ArrayList<>();
        try {
            int from = 0;
            for (int size : sizes) {
                ByteBuf piece = Unpooled.copiedBuffer(bytes, from, size);
                given.add(piece);
                reader.read(piece);
                from += size;
            }
            seen.lines.add("done");
        } catch (ConnectionErrorException e) {
            seen.lines.add("refused " + e.code());
        } finally {
            reader.close();
        }
        assertThat(given).allSatisfy(piece -> assertThat(piece.refCnt()).isZero());
        return seen.lines;
    }

    private static byte[] someFrames(SplittableRandom random) {
        ByteBuf out = Unpooled.buffer();
        int frames = 1 + random.nextInt(12);
        for (int i = 0; i < frames; i++) {
            frame(out, random);
        }
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        if (random.nextInt(4) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static void frame(ByteBuf out, SplittableRandom random) {
        int type = random.nextInt(11);
        int length = switch (type) {
            case Frame.PRIORITY -> 5;
            case Frame.RST_STREAM, Frame.WINDOW_UPDATE -> 4;
            case Frame.PING -> 8;
            case Frame.SETTINGS -> 6 * random.nextInt(3);
            default -> random.nextInt(random.nextInt(10) == 0 ? 3000 : 40);
        };
        boolean onStream = type != Frame.SETTINGS && type != Frame.PING && type != Frame.GOAWAY;
        int flags = random.nextInt(3) == 0 ? random.nextInt(256) : Frame.FLAG_END_HEADERS;
        Frame.writeHeader(out, length, type, flags, onStream ? 1 + random.nextInt(9) : 0);
        for (int i = 0; i < length; i++) {
            out.writeByte(random.nextInt(256));
        }
    }

    private static List<Integer> cuts(SplittableRandom random, int total) {
        List<Integer> sizes = new ArrayList<>();
        int left = total;
        while (left > 0) {
            int size = 1 + random.nextInt(Math.min(left, 30));
            sizes.add(size);
            left -= size;
        }
        return sizes;
    }
}
