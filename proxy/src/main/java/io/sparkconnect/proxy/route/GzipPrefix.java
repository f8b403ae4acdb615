/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The beginning of a gzip-compressed message. Memory and time are bounded by the length asked for, however much the
 * stream would expand to.
 *
 * @param bytes inflated bytes, on the heap and unpooled
 * @param complete whether they are the whole message
 * @param valid false when the bytes are not gzip
 */
record GzipPrefix(ByteBuf bytes, boolean complete, boolean valid) {
    private static final GzipPrefix NOT_GZIP = new GzipPrefix(Unpooled.EMPTY_BUFFER, false, false);

    private static final int FIXED_HEADER = 10;
    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;

    static GzipPrefix inflate(ByteBuf compressed, int start, int end, int maxBytes) {
        int body = bodyStart(compressed, start, end);
        if (body < 0) {
            return NOT_GZIP;
        }
        byte[] input = new byte[end - body];
        compressed.getBytes(body, input);
        byte[] output = new byte[maxBytes];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(input);
            int length = 0;
            while (length < maxBytes) {
                int more = inflater.inflate(output, length, maxBytes - length);
                if (more == 0) {
                    break;
                }
                length += more;
            }
            // At exactly maxBytes the end marker may not have been read yet: ask for a byte that is not there.
            if (!inflater.finished() && length == maxBytes && inflater.inflate(new byte[1]) > 0) {
                return new GzipPrefix(Unpooled.wrappedBuffer(output, 0, length), false, true);
            }
            return new GzipPrefix(Unpooled.wrappedBuffer(output, 0, length), inflater.finished(), true);
        } catch (DataFormatException e) {
            return NOT_GZIP;
        } finally {
            inflater.end();
        }
    }

    /** Index behind the header of RFC 1952 §2.3, or -1 when there is none. */
    private static int bodyStart(ByteBuf bytes, int start, int end) {
        if (end - start < FIXED_HEADER
                || bytes.getUnsignedByte(start) != 0x1f
                || bytes.getUnsignedByte(start + 1) != 0x8b
                || bytes.getByte(start + 2) != 8) {
            return -1;
        }
        int flags = bytes.getByte(start + 3);
        int position = start + FIXED_HEADER;
        if ((flags & FLAG_EXTRA) != 0) {
            if (end - position < 2) {
                return -1;
            }
            position += 2 + bytes.getUnsignedShortLE(position);
        }
        if ((flags & FLAG_NAME) != 0) {
            position = behindZero(bytes, position, end);
        }
        if ((flags & FLAG_COMMENT) != 0) {
            position = behindZero(bytes, position, end);
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            position += 2;
        }
        return position <= end ? position : -1;
    }

    private static int behindZero(ByteBuf bytes, int position, int end) {
        int zero = position < end ? bytes.indexOf(position, end, (byte) 0) : -1;
        return zero < 0 ? end + 1 : zero + 1;
    }
}
