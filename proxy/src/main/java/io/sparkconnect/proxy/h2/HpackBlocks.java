/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;

/** Looks at a header block without unfolding it (RFC 7541 section 6). */
final class HpackBlocks {
    private HpackBlocks() {}

    /**
     * Whether the block inserts into the dynamic table or resizes it. A block that does neither means the same each time it
     * comes, until another block does. Says yes for anything malformed.
     */
    static boolean changesTable(ByteBuf block, int start, int end) {
        int at = start;
        while (at < end) {
            int first = block.getByte(at);
            if (first < 0) { // indexed field
                at = skipInteger(block, at, end, 0x7f);
            } else if (first >= 0x20) { // incremental indexing (01), table size update (001)
                return true;
            } else { // literal without indexing, literal never indexed
                boolean newName = (first & 0x0f) == 0;
                at = skipInteger(block, at, end, 0x0f);
                if (newName) {
                    at = skipString(block, at, end);
                }
                at = skipString(block, at, end);
            }
        }
        return at != end;
    }

    /** Returns the index behind it; beyond {@code end} when malformed. */
    private static int skipInteger(ByteBuf block, int at, int end, int prefixMask) {
        if ((block.getByte(at) & prefixMask) != prefixMask) {
            return at + 1;
        }
        int next = at + 1;
        while (next < end && block.getByte(next) < 0) {
            next++;
        }
        return next + 1;
    }

    private static int skipString(ByteBuf block, int at, int end) {
        if (at >= end) {
            return end + 1;
        }
        long length = block.getByte(at) & 0x7f;
        int next = at + 1;
        if (length == 0x7f) {
            int shift = 0;
            int octet;
            do {
                if (next >= end || shift > 21) {
                    return end + 1;
                }
                octet = block.getByte(next++);
                length += (long) (octet & 0x7f) << shift;
                shift += 7;
            } while (octet < 0);
        }
        return length > end - next ? end + 1 : next + (int) length;
    }
}
