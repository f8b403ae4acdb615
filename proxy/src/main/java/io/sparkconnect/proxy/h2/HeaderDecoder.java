/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import org.jspecify.annotations.Nullable;

/**
 * Unfolds the header blocks of one connection, and checks what holds for every list: lower-case names, legal values, pseudo
 * fields first and once, no connection-specific field (RFC 9113 section 8.2 and 8.3).
 *
 * <p>A client repeats itself: from the second request on a block is four to nine bytes that leave the dynamic table as it
 * is. Such blocks are remembered until the table changes, and then cost a comparison.
 */
public final class HeaderDecoder {
    private static final int SLOTS = 8;
    private static final int MAX_REMEMBERED_BYTES = 128;

    private final DefaultHttp2HeadersDecoder hpack;
    private final AbuseGuard guard;
    private @Nullable Known @Nullable [] known;
    private int tableVersion;

    public HeaderDecoder(AbuseGuard guard) {
        this.hpack = new DefaultHttp2HeadersDecoder(true, guard.limits().maxHeaderListBytes());
        this.guard = guard;
    }

    /**
     * @param block readable bytes are the block
     * @throws StreamErrorException the list breaks a rule: PROTOCOL_ERROR, or is larger than we accept:
     *     ENHANCE_YOUR_CALM; the connection's compression state is good
     */
    public HeaderList decode(int streamId, ByteBuf block) throws ConnectionErrorException, StreamErrorException {
        int start = block.readerIndex();
        int end = block.writerIndex();
        boolean changesTable = HpackBlocks.changesTable(block, start, end);
        if (changesTable) {
            tableVersion++;
            return unfold(streamId, block);
        }
        int length = end - start;
        if (length > MAX_REMEMBERED_BYTES || length == 0) {
            return unfold(streamId, block);
        }
        int slot = slot(block, start, end);
        Known candidate = known == null ? null : known[slot];
        if (candidate != null
                && candidate.tableVersion == tableVersion
                && matches(candidate.block, block, start, length)) {
            return candidate.list;
        }
        byte[] bytes = new byte[length];
        block.getBytes(start, bytes);
        HeaderList list = unfold(streamId, block);
        if (known == null) {
            known = new Known[SLOTS];
        }
        known[slot] = new Known(bytes, tableVersion, list);
        return list;
    }

    private static int slot(ByteBuf block, int start, int end) {
        int hash = 0;
        for (int at = start; at < end; at++) {
            hash = 31 * hash + block.getByte(at);
        }
        return (hash ^ (hash >>> 7)) & (SLOTS - 1);
    }

    private static boolean matches(byte[] remembered, ByteBuf block, int start, int length) {
        if (remembered.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (remembered[i] != block.getByte(start + i)) {
                return false;
            }
        }
        return true;
    }

    private HeaderList unfold(int streamId, ByteBuf block) throws ConnectionErrorException, StreamErrorException {
        try {
            return new HeaderList(hpack.decodeHeaders(streamId, block));
        } catch (Http2Exception.HeaderListSizeException e) {
            guard.hit(Limit.HEADER_LIST_BYTES);
            throw new StreamErrorException(ErrorCode.ENHANCE_YOUR_CALM, String.valueOf(e.getMessage()));
        } catch (Http2Exception e) {
            String message = String.valueOf(e.getMessage());
            if (Http2Exception.isStreamError(e)) {
                throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, message);
            }
            ErrorCode code =
                    e.error() == Http2Error.PROTOCOL_ERROR ? ErrorCode.PROTOCOL_ERROR : ErrorCode.COMPRESSION_ERROR;
            throw new ConnectionErrorException(code, message);
        }
    }

    private static final class Known {
        final byte[] block;
        final int tableVersion;
        final HeaderList list;

        Known(byte[] block, int tableVersion, HeaderList list) {
            this.block = block;
            this.tableVersion = tableVersion;
            this.list = list;
        }
    }
}
