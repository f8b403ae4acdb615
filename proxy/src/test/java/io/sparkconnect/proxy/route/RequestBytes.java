/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Request streams, byte by byte. */
public final class RequestBytes {
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    public static RequestBytes message() {
        return new RequestBytes();
    }

    public RequestBytes text(int field, String value) {
        return bytes(field, value.getBytes(UTF_8));
    }

    public RequestBytes bytes(int field, byte[] value) {
        varint(((long) field << 3) | 2);
        varint(value.length);
        return raw(value);
    }

    public RequestBytes user(String userId) {
        return bytes(2, message().text(1, userId).toMessage());
    }

    public RequestBytes number(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    public RequestBytes raw(int... bytes) {
        for (int b : bytes) {
            message.write(b);
        }
        return this;
    }

    public RequestBytes raw(byte[] bytes) {
        message.writeBytes(bytes);
        return this;
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            message.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        message.write((int) rest);
    }

    public byte[] toMessage() {
        return message.toByteArray();
    }

    /** With its gRPC prefix. */
    public ByteBuf toStream() {
        return stream(0, toMessage());
    }

    public ByteBuf toGzippedStream() {
        return stream(1, gzip(toMessage()));
    }

    public static ByteBuf stream(int flag, byte[] message) {
        return Unpooled.buffer(message.length + 5)
                .writeByte(flag)
                .writeInt(message.length)
                .writeBytes(message);
    }

    public static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return compressed.toByteArray();
    }
}
