/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the fields of one protobuf message by index, without copying and without moving the buffer's own index.
 * Accepts exactly what protobuf-java accepts, because that is what the server reads with; whatever it meets, it ends with
 * one of the three {@link Step}s, never with an exception. Not thread-safe.
 */
final class ProtoScan {
    /** Where a walk stands. */
    enum Step {
        /** A field was read; see {@link #field()}. */
        FIELD,
        /** The bytes end at the end of a field, or inside one when they are only the first part of a message. */
        END,
        /** These are not the bytes of a message. */
        MALFORMED
    }

    /** The place of a value that was not there. */
    static final long NOWHERE = 0;

    /** Of a value that was cut before its length could be read. */
    static final long UNKNOWN_END = -1;

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH_DELIMITED = 2;
    static final int START_GROUP = 3;
    static final int END_GROUP = 4;
    static final int FIXED32 = 5;

    /** Depth to which protobuf-java follows nested groups. */
    private static final int MAX_DEPTH = 100;

    private final ByteBuf bytes;
    private final int end;
    private final boolean complete;
    private int position;

    private int field;
    private int wireType;
    private long varint;
    private int valueStart;
    private int valueEnd;

    private boolean outOfBytes;
    private boolean malformed;
    private boolean cutInsideValue;
    private long cutValueEnd = UNKNOWN_END;

    /**
     * @param start index of the message's first byte
     * @param end index behind the last byte that is there
     * @param complete whether the message ends there; otherwise it goes on
     */
    ProtoScan(ByteBuf bytes, int start, int end, boolean complete) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.complete = complete;
    }

    /** Number of the field that was read. */
    int field() {
        return field;
    }

    int wireType() {
        return wireType;
    }

    /** Value of a {@link #VARINT} field. */
    long varint() {
        return varint;
    }

    int valueLength() {
        return valueEnd - valueStart;
    }

    /** Where the {@link #LENGTH_DELIMITED} value lies, to be looked at later by {@link #holds}. */
    long valuePlace() {
        return (long) valueStart << Integer.SIZE | valueEnd;
    }

    /** Whether the value at a {@link #valuePlace} passes a test; false {@link #NOWHERE}. */
    boolean holds(long place, Predicate<byte[]> test) {
        if (place == NOWHERE) {
            return false;
        }
        int start = (int) (place >>> Integer.SIZE);
        byte[] value = new byte[(int) place - start];
        bytes.getBytes(start, value);
        return test.test(value);
    }

    /** A walk over the {@link #LENGTH_DELIMITED} value, read as a message. */
    ProtoScan submessage() {
        return new ProtoScan(bytes, valueStart, valueEnd, true);
    }

    /**
     * After {@link Step#END}: whether the bytes of this message's first part ended inside the {@link #LENGTH_DELIMITED} value
     * of {@link #field()}.
     */
    boolean cutInside(int number) {
        return cutInsideValue && field == number;
    }

    /**
     * After {@link Step#END}: the index behind the {@link #LENGTH_DELIMITED} value inside which the bytes of this message's first
     * part ended, had it been there; {@link #UNKNOWN_END} when they ended elsewhere.
     */
    long cutValueEnd() {
        return cutValueEnd;
    }

    /** The same as {@link #cutInside}, or already in front of its value. */
    boolean cutAt(int number) {
        return outOfBytes && field == number;
    }

    /** The same as {@link #cutInside} for the value of any field with a higher number. */
    boolean cutBehind(int number) {
        return cutInsideValue && field > number;
    }

    /** A walk over as much of the value as is there; only after {@link #cutInside}. */
    ProtoScan cutSubmessage() {
        return new ProtoScan(bytes, valueStart, end, false);
    }

    /** The {@link #LENGTH_DELIMITED} value as text, or null when it is not UTF-8. */
    @Nullable
    String text() {
        byte[] value = new byte[valueLength()];
        bytes.getBytes(valueStart, value);
        if (isAscii(value)) {
            return new String(value, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static boolean isAscii(byte[] value) {
        int all = 0;
        for (byte b : value) {
            all |= b;
        }
        return all >= 0;
    }

    /** Reads the next field and steps over its value. */
    Step next() {
        if (position == end) {
            return Step.END;
        }
        int tag = (int) readVarint();
        if (outOfBytes) {
            return cut();
        }
        field = tag >>> 3;
        wireType = tag & 7;
        if (malformed || field == 0 || wireType == END_GROUP) {
            return Step.MALFORMED;
        }
        skipValue();
        if (malformed) {
            return Step.MALFORMED;
        }
        return outOfBytes ? cut() : Step.FIELD;
    }

    private Step cut() {
        position = end;
        return complete ? Step.MALFORMED : Step.END;
    }

    private void skipValue() {
        if (wireType != START_GROUP) {
            skipScalar(wireType);
            return;
        }
        int[] open = new int[MAX_DEPTH];
        int depth = 0;
        open[depth++] = field;
        while (depth > 0 && !malformed && !outOfBytes) {
            int tag = (int) readVarint();
            int number = tag >>> 3;
            int type = tag & 7;
            if (outOfBytes || malformed) {
                return;
            }
            if (number == 0) {
                malformed = true;
            } else if (type == END_GROUP) {
                malformed = open[--depth] != number;
            } else if (type == START_GROUP) {
                if (depth == MAX_DEPTH) {
                    malformed = true;
                } else {
                    open[depth++] = number;
                }
            } else {
                skipScalar(type);
            }
        }
    }

    private void skipScalar(int type) {
        switch (type) {
            case VARINT -> varint = readVarint();
            case FIXED64 -> skip(8);
            case FIXED32 -> skip(4);
            case LENGTH_DELIMITED -> {
                // A length is a 32-bit number in protobuf-java, whatever the varint's upper bits say.
                int length = (int) readVarint();
                boolean lengthCut = outOfBytes;
                if (length < 0) {
                    malformed = true;
                } else {
                    valueStart = position;
                    skip(length);
                    valueEnd = position;
                    cutInsideValue = outOfBytes && !lengthCut && wireType == LENGTH_DELIMITED;
                    cutValueEnd = cutInsideValue ? (long) valueStart + length : UNKNOWN_END;
                }
            }
            default -> malformed = true;
        }
    }

    private void skip(int count) {
        if (outOfBytes || malformed) {
            return;
        }
        if (count > end - position) {
            outOfBytes = true;
        } else {
            position += count;
        }
    }

    private long readVarint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (position == end) {
                outOfBytes = true;
                return 0;
            }
            byte next = bytes.getByte(position++);
            if (shift < 64) {
                value |= (long) (next & 0x7f) << shift;
            }
            if (next >= 0) {
                return value;
            }
        }
        malformed = true;
        return 0;
    }
}
