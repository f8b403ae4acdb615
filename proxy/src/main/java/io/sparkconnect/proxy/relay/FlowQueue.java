/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Flow} keeps until its receiver takes it, in order. Confined to the flow's loop. Owns the buffers in it, and
 * counts their bytes in {@link BufferedBytes} as long as they are in it.
 */
final class FlowQueue {
    /** Small frames are put together up to this, so that a window of tiny ones takes no more memory than one of large ones. */
    private static final int GATHERED_BYTES = 16 * 1024;

    private static final int FIRST_GATHERED_BYTES = 256;

    /** A kept piece holds on to the whole buffer that it lies in only if it is at least this part of it. */
    private static final int WORTH_RETAINING = 4;

    private final ByteBufAllocator allocator;
    private final BufferedBytes total;
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>(4);

    FlowQueue(ByteBufAllocator allocator, BufferedBytes total) {
        this.allocator = allocator;
        this.total = total;
    }

    /** A DATA frame, or what is left of one; or a header block. */
    static final class Piece {
        final ByteBuf buffer;
        final @Nullable HeaderList headers;
        /** Whether the buffer is a copy of the queue's own, which more data may be added to as long as nothing has left. */
        private final boolean ours;

        boolean end;
        int at;
        int left;
        /** Whether there is room for a frame header in front of {@link #at}, which may be overwritten. */
        boolean headerInFront;

        private Piece(
                ByteBuf buffer,
                @Nullable HeaderList headers,
                int at,
                int left,
                boolean end,
                boolean headerInFront,
                boolean ours) {
            this.ours = ours;
            this.buffer = buffer;
            this.headers = headers;
            this.at = at;
            this.left = left;
            this.end = end;
            this.headerInFront = headerInFront;
        }

        private boolean takes(int bytes) {
            return ours && headerInFront && !end && buffer.maxWritableBytes() >= bytes;
        }

        /** So many bytes of it have left. */
        void advance(int bytes) {
            at += bytes;
            left -= bytes;
            headerInFront = false;
        }
    }

    boolean isEmpty() {
        return pieces.isEmpty();
    }

    /** Whether the first piece has no DATA bytes; false when there is none. */
    boolean nextNeedsNoWindow() {
        Piece first = pieces.peek();
        return first != null && first.left == 0;
    }

    void addHeaders(HeaderList list, boolean end) {
        pieces.add(new Piece(Unpooled.EMPTY_BUFFER, list, 0, 0, end, false, false));
    }

    /** Borrows the buffer: a piece that is a large part of it keeps a reference, a small one is copied. */
    void addData(ByteBuf in, int payload, int left, boolean end, boolean headerInFront) {
        total.add(left);
        if (left * WORTH_RETAINING >= in.capacity()) {
            pieces.add(new Piece(in.retain(), null, payload, left, end, headerInFront, false));
            return;
        }
        Piece last = pieces.peekLast();
        if (last != null && last.takes(left)) {
            last.buffer.writeBytes(in, payload, left);
            last.left += left;
            last.end = end;
            return;
        }
        int size = Frame.HEADER_LENGTH + left;
        ByteBuf copy = allocator.ioBuffer(
                Math.max(size, FIRST_GATHERED_BYTES), Math.max(size, Frame.HEADER_LENGTH + GATHERED_BYTES));
        copy.writerIndex(Frame.HEADER_LENGTH).writeBytes(in, payload, left);
        pieces.add(new Piece(copy, null, Frame.HEADER_LENGTH, left, end, true, true));
    }

    /** Takes the first piece out; the caller owns its buffer now. There must be one. */
    Piece take() {
        Piece first = pieces.remove();
        total.remove(first.left);
        return first;
    }

    /** What was taken did not leave whole: it is the first again, and its buffer is the queue's. */
    void putBack(Piece piece) {
        total.add(piece.left);
        pieces.addFirst(piece);
    }

    /** Releases everything. */
    void clear() {
        for (Piece piece : pieces) {
            total.remove(piece.left);
            piece.buffer.release();
        }
        pieces.clear();
    }
}
