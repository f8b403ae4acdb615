/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * Folds header lists for one connection and writes them as HEADERS and CONTINUATION. No Huffman coding (the dynamic table
 * gives the savings, Huffman only the cost), and what identifies a user is never put into the table (RFC 7541 section 7.1.3).
 * A list that was folded without changing the table is copied the next time, until the table changes.
 */
public final class HeaderEncoder {
    private static final int SLOTS = 16;
    private static final int MAX_REMEMBERED_BYTES = 128;
    private static final int TABLE_ENTRIES_HINT = 64;
    private static final long MAX_TABLE_SIZE = 4096;

    private static final AsciiString AUTHORIZATION = AsciiString.cached("authorization");
    private static final AsciiString AUTHENTICATION = AsciiString.cached("authentication");
    private static final AsciiString COOKIE = AsciiString.cached("cookie");

    /** Spark's JVM clients before 4.0.5 send their token as {@code authentication}. */
    private static final Http2HeadersEncoder.SensitivityDetector SECRETS = (name, value) ->
            AUTHORIZATION.contentEquals(name) || AUTHENTICATION.contentEquals(name) || COOKIE.contentEquals(name);

    private final DefaultHttp2HeadersEncoder hpack =
            new DefaultHttp2HeadersEncoder(SECRETS, true, TABLE_ENTRIES_HINT, Integer.MAX_VALUE);

    private @Nullable Known @Nullable [] known;
    private int tableVersion;

    /** The peer's SETTINGS_HEADER_TABLE_SIZE. We use at most the default 4 KiB. */
    public void peerTableSize(long size) throws ConnectionErrorException {
        long used = Math.min(size, MAX_TABLE_SIZE);
        if (used == hpack.maxHeaderTableSize()) {
            return;
        }
        tableVersion++;
        try {
            hpack.maxHeaderTableSize(used);
        } catch (Http2Exception e) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
        }
    }

    /** Appends HEADERS, and CONTINUATION frames when the block is larger than the peer's frames may be. */
    public void write(ByteBuf out, int streamId, HeaderList list, boolean endStream, int maxFrameSize) {
        int at = out.writerIndex();
        out.writeZero(Frame.HEADER_LENGTH);
        fold(streamId, list, out);
        int length = out.writerIndex() - at - Frame.HEADER_LENGTH;
        int flags = endStream ? Frame.FLAG_END_STREAM : 0;
        if (length <= maxFrameSize) {
            Frame.set(out, at, length, Frame.HEADERS, flags | Frame.FLAG_END_HEADERS, streamId);
            return;
        }
        ByteBuf rest = out.copy(at + Frame.HEADER_LENGTH + maxFrameSize, length - maxFrameSize);
        try {
            Frame.set(out, at, maxFrameSize, Frame.HEADERS, flags, streamId);
            out.writerIndex(at + Frame.HEADER_LENGTH + maxFrameSize);
            while (rest.isReadable()) {
                int part = Math.min(maxFrameSize, rest.readableBytes());
                int partFlags = part == rest.readableBytes() ? Frame.FLAG_END_HEADERS : 0;
                Frame.writeHeader(out, part, Frame.CONTINUATION, partFlags, streamId);
                out.writeBytes(rest, part);
            }
        } finally {
            rest.release();
        }
    }

    private void fold(int streamId, HeaderList list, ByteBuf out) {
        int slot = list.identity() & (SLOTS - 1);
        Known candidate = known == null ? null : known[slot];
        if (candidate != null && candidate.list == list && candidate.tableVersion == tableVersion) {
            out.writeBytes(candidate.block);
            return;
        }
        int start = out.writerIndex();
        try {
            hpack.encodeHeaders(streamId, list.fields(), out);
        } catch (Http2Exception e) {
            throw new IllegalStateException("header list cannot be folded", e);
        }
        int end = out.writerIndex();
        if (HpackBlocks.changesTable(out, start, end)) {
            tableVersion++;
        } else if (end - start <= MAX_REMEMBERED_BYTES) {
            byte[] block = new byte[end - start];
            out.getBytes(start, block);
            if (known == null) {
                known = new Known[SLOTS];
            }
            known[slot] = new Known(list, tableVersion, block);
        }
    }

    private static final class Known {
        final HeaderList list;
        final int tableVersion;
        final byte[] block;

        Known(HeaderList list, int tableVersion, byte[] block) {
            this.list = list;
            this.tableVersion = tableVersion;
            this.block = block;
        }
    }
}
