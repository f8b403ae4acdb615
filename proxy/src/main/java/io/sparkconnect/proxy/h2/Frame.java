/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;

/**
 * The nine bytes in front of every frame (RFC 9113 section 4.1), read and patched in place. {@code at} is the absolute index
 * of the frame's first byte.
 */
public final class Frame {
    public static final int HEADER_LENGTH = 9;

    /** What every peer accepts before its SETTINGS say more, and the least that SETTINGS may say. */
    public static final int MIN_MAX_SIZE = 16_384;

    /** The most that 24 bits of length can say. */
    public static final int MAX_MAX_SIZE = 16_777_215;

    public static final int DATA = 0x0;
    public static final int HEADERS = 0x1;
    public static final int PRIORITY = 0x2;
    public static final int RST_STREAM = 0x3;
    public static final int SETTINGS = 0x4;
    public static final int PUSH_PROMISE = 0x5;
    public static final int PING = 0x6;
    public static final int GOAWAY = 0x7;
    public static final int WINDOW_UPDATE = 0x8;
    public static final int CONTINUATION = 0x9;

    public static final int FLAG_ACK = 0x1;
    public static final int FLAG_END_STREAM = 0x1;
    public static final int FLAG_END_HEADERS = 0x4;
    public static final int FLAG_PADDED = 0x8;
    public static final int FLAG_PRIORITY = 0x20;

    private static final int TYPE_AT = 3;
    private static final int FLAGS_AT = 4;
    private static final int STREAM_ID_AT = 5;

    private Frame() {}

    /** Bytes of payload. */
    public static int length(ByteBuf buffer, int at) {
        return buffer.getUnsignedMedium(at);
    }

    public static int type(ByteBuf buffer, int at) {
        return buffer.getUnsignedByte(at + TYPE_AT);
    }

    public static int flags(ByteBuf buffer, int at) {
        return buffer.getUnsignedByte(at + FLAGS_AT);
    }

    /** The reserved bit is ignored, as section 4.1 asks. */
    public static int streamId(ByteBuf buffer, int at) {
        return buffer.getInt(at + STREAM_ID_AT) & Integer.MAX_VALUE;
    }

    public static void setStreamId(ByteBuf buffer, int at, int streamId) {
        buffer.setInt(at + STREAM_ID_AT, streamId);
    }

    /** Overwrites nine bytes at {@code at}. */
    public static void set(ByteBuf buffer, int at, int length, int type, int flags, int streamId) {
        buffer.setMedium(at, length);
        buffer.setByte(at + TYPE_AT, type);
        buffer.setByte(at + FLAGS_AT, flags);
        buffer.setInt(at + STREAM_ID_AT, streamId);
    }

    /** Appends a frame header. */
    public static void writeHeader(ByteBuf out, int length, int type, int flags, int streamId) {
        out.writeMedium(length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(streamId);
    }

    public static void writeRstStream(ByteBuf out, int streamId, ErrorCode code) {
        writeHeader(out, Integer.BYTES, RST_STREAM, 0, streamId);
        out.writeInt(code.value());
    }

    public static void writeWindowUpdate(ByteBuf out, int streamId, int increment) {
        writeHeader(out, Integer.BYTES, WINDOW_UPDATE, 0, streamId);
        out.writeInt(increment);
    }

    public static void writePing(ByteBuf out, long payload, boolean ack) {
        writeHeader(out, Long.BYTES, PING, ack ? FLAG_ACK : 0, 0);
        out.writeLong(payload);
    }

    /** No debug data: texts of ours may carry what a stranger must not read. */
    public static void writeGoAway(ByteBuf out, int lastStreamId, ErrorCode code) {
        writeHeader(out, 2 * Integer.BYTES, GOAWAY, 0, 0);
        out.writeInt(lastStreamId);
        out.writeInt(code.value());
    }

    public static void writeSettingsAck(ByteBuf out) {
        writeHeader(out, 0, SETTINGS, FLAG_ACK, 0);
    }
}
