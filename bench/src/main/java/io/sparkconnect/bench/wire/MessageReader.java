/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Cuts the DATA of one stream into messages, without ever holding one: the fields before the payload are copied to a small
 * array, the payload only passes through the checksum. One per stream, on its event loop; {@link #reset} makes it ready for
 * the next stream.
 */
public final class MessageReader {
    /** Who wants the messages. */
    public interface Sink {
        /** A message is complete; its fields can be read from the reader until this returns. */
        void message(MessageReader message);
    }

    private static final int HEAD = 192;

    private final Sink sink;
    private final byte[] head = new byte[HEAD];
    private final CRC32C crc = new CRC32C();
    private int prefixRead;
    private int length;
    private int headWanted;
    private int headRead;
    private int remaining;

    private int sessionAt;
    private int sessionLength;
    private int serverAt;
    private int serverLength;
    private long first;
    private long second;
    private int payloadLength;

    public MessageReader(Sink sink) {
        this.sink = sink;
    }

    public void reset() {
        prefixRead = 0;
        length = 0;
    }

    /** True when no message is left half read. */
    public boolean isAtMessageEnd() {
        return prefixRead == 0;
    }

    /** Takes all bytes; the buffer stays the caller's. Throws {@link IllegalArgumentException} on what is no such message. */
    public void read(ByteBuf data) {
        int at = data.readerIndex();
        int end = data.writerIndex();
        while (at < end) {
            at = prefixRead < BenchMessage.PREFIX ? readPrefix(data, at) : readBody(data, at, end);
        }
    }

    private int readPrefix(ByteBuf data, int at) {
        int value = data.getByte(at);
        if (prefixRead == 0 && value != 0) {
            throw new IllegalArgumentException("gRPC flag: " + value + " (expected: 0)");
        }
        length = prefixRead == 0 ? 0 : (length << 8) | (value & 0xFF);
        prefixRead++;
        if (prefixRead == BenchMessage.PREFIX) {
            remaining = length;
            headWanted = Math.min(length, HEAD);
            headRead = 0;
            crc.reset();
            if (length == 0) {
                throw new IllegalArgumentException("an empty message");
            }
        }
        return at + 1;
    }

    private int readBody(ByteBuf data, int at, int end) {
        int taken;
        if (headRead < headWanted) {
            taken = Math.min(end - at, headWanted - headRead);
            data.getBytes(at, head, headRead, taken);
            headRead += taken;
            if (headRead == headWanted) {
                parseHead();
            }
        } else {
            taken = Math.min(end - at, remaining);
            crc.update(data.internalNioBuffer(at, taken));
        }
        remaining -= taken;
        if (remaining == 0) {
            prefixRead = 0;
            sink.message(this);
        }
        return at + taken;
    }

    private void parseHead() {
        sessionLength = 0;
        serverLength = 0;
        first = 0;
        second = 0;
        payloadLength = 0;
        int at = 0;
        while (at < headWanted) {
            long tag = varint(at);
            at += varintLength(at);
            long value = varint(at);
            at += varintLength(at);
            switch ((int) (tag >>> 3)) {
                case BenchMessage.SESSION -> {
                    sessionAt = at;
                    sessionLength = (int) value;
                }
                case BenchMessage.SERVER -> {
                    serverAt = at;
                    serverLength = (int) value;
                }
                case BenchMessage.FIRST_NUMBER -> first = value;
                case BenchMessage.SECOND_NUMBER -> second = value;
                case BenchMessage.PAYLOAD -> {
                    payloadLength = (int) value;
                    if (at + payloadLength != length) {
                        throw new IllegalArgumentException("a payload that does not end its message");
                    }
                    crc.update(head, at, headWanted - at);
                    return;
                }
                default -> {
                    // The user context, and whatever comes to be.
                }
            }
            at += (tag & 7) == 2 ? (int) value : 0;
        }
        if (at != length) {
            throw new IllegalArgumentException("fields before the payload: more than " + HEAD + " bytes");
        }
    }

    private long varint(int at) {
        long value = 0;
        for (int i = at, shift = 0; ; i++, shift += 7) {
            if (i >= headWanted || shift > 63) {
                throw new IllegalArgumentException("a broken varint at byte " + at);
            }
            value |= (head[i] & 0x7FL) << shift;
            if (head[i] >= 0) {
                return value;
            }
        }
    }

    private int varintLength(int at) {
        int i = at;
        while (head[i] < 0) {
            i++;
        }
        return i - at + 1;
    }

    /** A copy of the session id. */
    public byte[] session() {
        return Arrays.copyOfRange(head, sessionAt, sessionAt + sessionLength);
    }

    public boolean sessionIs(byte[] expected) {
        return Arrays.equals(head, sessionAt, sessionAt + sessionLength, expected, 0, expected.length);
    }

    /** A copy of the server id, empty in a request. */
    public byte[] server() {
        return Arrays.copyOfRange(head, serverAt, serverAt + serverLength);
    }

    public boolean serverIs(byte[] expected) {
        return Arrays.equals(head, serverAt, serverAt + serverLength, expected, 0, expected.length);
    }

    public long first() {
        return first;
    }

    public long second() {
        return second;
    }

    public int payloadLength() {
        return payloadLength;
    }

    /** CRC-32C of the payload. */
    public int checksum() {
        return (int) crc.getValue();
    }
}
