/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Puts HEADERS and its CONTINUATION frames together (RFC 9113 section 4.3). The common block, whole in its HEADERS frame, is
 * shown where it lies; fragments are copied, bounded in count and bytes.
 */
final class HeaderBlocks {
    private static final int PRIORITY_FIELDS = 5;

    private final ByteBufAllocator allocator;
    private final AbuseGuard guard;
    private final FrameListener listener;

    private @Nullable ByteBuf fragments;
    private int openStreamId;
    private boolean endStream;
    private boolean selfDependent;
    private int continuations;

    HeaderBlocks(ByteBufAllocator allocator, AbuseGuard guard, FrameListener listener) {
        this.allocator = allocator;
        this.guard = guard;
        this.listener = listener;
    }

    boolean isOpen() {
        return openStreamId != 0;
    }

    /** Nothing may come between the frames of a block, of any type or stream. */
    void checkContiguous(int type, int streamId) throws ConnectionErrorException {
        if (openStreamId != 0) {
            if (type != Frame.CONTINUATION || streamId != openStreamId) {
                throw new ConnectionErrorException(
                        ErrorCode.PROTOCOL_ERROR,
                        "frame of type " + type + " inside the header block of stream " + openStreamId);
            }
        } else if (type == Frame.CONTINUATION) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "CONTINUATION outside a header block");
        }
    }

    void headers(ByteBuf in, int payload, int length, int flags, int streamId) throws ConnectionErrorException {
        int start = payload;
        int end = payload + length;
        if ((flags & Frame.FLAG_PADDED) != 0) {
            end -= FrameReader.padding(in, payload - Frame.HEADER_LENGTH, length, "HEADERS");
            start++;
        }
        boolean dependsOnItself = false;
        if ((flags & Frame.FLAG_PRIORITY) != 0) {
            if (end - start < PRIORITY_FIELDS) {
                throw new ConnectionErrorException(ErrorCode.FRAME_SIZE_ERROR, "HEADERS too short for its priority");
            }
            dependsOnItself = (in.getInt(start) & Integer.MAX_VALUE) == streamId;
            start += PRIORITY_FIELDS;
        }
        boolean last = (flags & Frame.FLAG_END_STREAM) != 0;
        guard.headerBlockBytes(end - start);
        if ((flags & Frame.FLAG_END_HEADERS) != 0) {
            show(in, start, end, streamId, last, dependsOnItself);
            return;
        }
        openStreamId = streamId;
        endStream = last;
        selfDependent = dependsOnItself;
        continuations = 0;
        fragments = allocator.heapBuffer(2 * (end - start) + 64);
        fragments.writeBytes(in, start, end - start);
    }

    void continuation(ByteBuf in, int payload, int length, int flags, int streamId) throws ConnectionErrorException {
        ByteBuf block = requireNonNull(fragments);
        guard.continuation(++continuations);
        guard.headerBlockBytes(block.readableBytes() + length);
        block.writeBytes(in, payload, length);
        if ((flags & Frame.FLAG_END_HEADERS) == 0) {
            return;
        }
        openStreamId = 0;
        fragments = null;
        try {
            listener.onHeaders(streamId, block, endStream, selfDependent);
        } finally {
            block.release();
        }
    }

    /** Narrows the buffer's own indices instead of making a slice: this is every request's way. */
    private void show(ByteBuf in, int start, int end, int streamId, boolean last, boolean dependsOnItself)
            throws ConnectionErrorException {
        int readerIndex = in.readerIndex();
        int writerIndex = in.writerIndex();
        in.setIndex(start, end);
        try {
            listener.onHeaders(streamId, in, last, dependsOnItself);
        } finally {
            in.setIndex(readerIndex, writerIndex);
        }
    }

    void close() {
        openStreamId = 0;
        if (fragments != null) {
            fragments.release();
            fragments = null;
        }
    }
}
