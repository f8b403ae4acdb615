/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * The one message of the bench, hand-made so that no generated code stands between the measurement and the bytes. Its
 * first fields are those of Spark Connect: session id 1, user context 2, client type 4 and the server that was seen, 8, in a
 * request; session id 1 and server id 15 in an answer. What the bench itself wants to say has numbers that Spark does not use:
 *
 * <pre>
 * 101 varint  request: answers wanted             answer: index of this one, or bytes received
 * 102 varint  request: payload bytes per answer   answer: checksum of all that was received
 * 103 bytes   payload, always the last field
 * </pre>
 */
public final class BenchMessage {
    /** Bytes of gRPC's own prefix: a flag and a length. */
    public static final int PREFIX = 5;

    /** As {@code answers wanted}: one answer, and then silence until the client goes away. */
    public static final long ONE_ANSWER_THEN_SILENCE = 0;

    static final int SESSION = 1;
    static final int USER_CONTEXT = 2;
    static final int CLIENT_TYPE = 4;
    static final int SEEN_SERVER = 8;
    static final int SERVER = 15;
    static final int FIRST_NUMBER = 101;
    static final int SECOND_NUMBER = 102;
    static final int PAYLOAD = 103;

    private static final String LIKE_PYSPARK = "_SPARK_CONNECT_PYTHON spark/4.3.0 os/linux python/3.11.2";

    private BenchMessage() {}

    /** The fields that a request of a session has which has seen no server yet. */
    public static byte[] requestIdentity(String session, String user) {
        byte[] context = bytes(USER_CONTEXT, text(1, user));
        return concat(concat(text(SESSION, session), context), text(CLIENT_TYPE, LIKE_PYSPARK));
    }

    /** And the further one of a session that has. */
    public static byte[] withSeenServer(byte[] requestIdentity, byte[] server) {
        return concat(requestIdentity, bytes(SEEN_SERVER, server));
    }

    /** The fields 1 and 15 of an answer. */
    public static byte[] answerIdentity(byte[] session, String server) {
        return concat(bytes(SESSION, session), text(SERVER, server));
    }

    /**
     * The prefix and every field, up to and without the payload's bytes: the caller writes {@code payloadLength} of them
     * after it. The buffer has room for {@code room} more bytes and belongs to the caller.
     */
    public static ByteBuf head(
            ByteBufAllocator alloc, byte[] identity, long first, long second, int payloadLength, int room) {
        int length = identity.length
                + varintSize(tag(FIRST_NUMBER, 0))
                + varintSize(first)
                + varintSize(tag(SECOND_NUMBER, 0))
                + varintSize(second)
                + varintSize(tag(PAYLOAD, 2))
                + varintSize(payloadLength);
        ByteBuf out = alloc.directBuffer(PREFIX + length + room);
        out.writeByte(0).writeInt(length + payloadLength).writeBytes(identity);
        writeVarint(out, tag(FIRST_NUMBER, 0));
        writeVarint(out, first);
        writeVarint(out, tag(SECOND_NUMBER, 0));
        writeVarint(out, second);
        writeVarint(out, tag(PAYLOAD, 2));
        writeVarint(out, payloadLength);
        return out;
    }

    /** A whole small message, its payload taken from the pattern. The buffer belongs to the caller. */
    public static ByteBuf whole(
            ByteBufAllocator alloc, byte[] identity, long first, long second, Pattern pattern, int payloadLength) {
        ByteBuf out = head(alloc, identity, first, second, payloadLength, payloadLength);
        return out.writeBytes(pattern.bytes(), 0, payloadLength);
    }

    private static long tag(int field, int wireType) {
        return ((long) field << 3) | wireType;
    }

    private static byte[] text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(int field, byte[] value) {
        if (value.length > 127) {
            throw new IllegalArgumentException("bytes: " + value.length + " (expected: <= 127)");
        }
        byte[] encoded = new byte[value.length + 2];
        encoded[0] = (byte) tag(field, 2);
        encoded[1] = (byte) value.length;
        System.arraycopy(value, 0, encoded, 2, value.length);
        return encoded;
    }

    private static byte[] concat(byte[] one, byte[] other) {
        byte[] both = new byte[one.length + other.length];
        System.arraycopy(one, 0, both, 0, one.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static int varintSize(long value) {
        return value == 0 ? 1 : (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7;
    }

    private static void writeVarint(ByteBuf out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.writeByte((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }
}
