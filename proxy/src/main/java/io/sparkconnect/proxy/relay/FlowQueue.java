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
 * counts the memory that they hold in {@link BufferedBytes} as long as they are in it.
 */
final class FlowQueue {
    /** Small frames are put together up to this, so that a window of tiny ones takes no more memory than one of large ones. */
    private static final int GATHERED_BYTES = 16 * 1024;

    private static final int FIRST_GATHERED_BYTES = 256;

    private final ByteBufAllocator allocator;
    private final BufferedBytes total;
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>(4);
    private int held;
    private boolean moved;

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

        /** Memory that is held for it: all of its buffer, unless the piece in front of it counts that. */
        private int cost;

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

    /** Memory that is held for what is kept. Other queues may hold the same, and count it too. */
    int held() {
        return held;
    }

    /** Something of what is kept has left. */
    void hasMoved() {
        moved = true;
    }

    /** Whether something is kept and nothing of it has left since this was last asked. */
    boolean isStuck() {
        boolean stuck = !moved && !pieces.isEmpty();
        moved = false;
        return stuck;
    }

    /** Borrows the buffer: a piece that is a large part of it keeps a reference, a small one is copied. */
    @SuppressWarnings("ReferenceEquality") // The same memory is meant, not the same content.
    void addData(ByteBuf in, int payload, int left, boolean end, boolean headerInFront) {
        Piece last = pieces.peekLast();
        if (total.isWorthRetaining(left, in.capacity())) {
            Piece piece = new Piece(in.retain(), null, payload, left, end, headerInFront, false);
            pieces.add(piece);
            hold(piece, last != null && last.buffer == in ? 0 : in.capacity());
            return;
        }
        if (last != null && last.takes(left)) {
            int before = last.buffer.capacity();
            last.buffer.writeBytes(in, payload, left);
            last.left += left;
            last.end = end;
            hold(last, last.buffer.capacity() - before);
            return;
        }
        int size = Frame.HEADER_LENGTH + left;
        ByteBuf copy = allocator.ioBuffer(
                Math.max(size, FIRST_GATHERED_BYTES), Math.max(size, Frame.HEADER_LENGTH + GATHERED_BYTES));
        copy.writerIndex(Frame.HEADER_LENGTH).writeBytes(in, payload, left);
        Piece piece = new Piece(copy, null, Frame.HEADER_LENGTH, left, end, true, true);
        pieces.add(piece);
        hold(piece, copy.capacity());
    }

    private void hold(Piece piece, int bytes) {
        piece.cost += bytes;
        held += bytes;
        total.add(bytes);
    }

    private void letGo(Piece piece) {
        held -= piece.cost;
        total.remove(piece.cost);
    }

    /** Takes the first piece out; the caller owns its buffer now. There must be one. */
    @SuppressWarnings("ReferenceEquality") // The same memory is meant, not the same content.
    Piece take() {
        Piece first = pieces.remove();
        Piece next = pieces.peek();
        if (next != null && next.buffer == first.buffer) {
            next.cost += first.cost;
            first.cost = 0;
        } else {
            letGo(first);
        }
        return first;
    }

    /** What was taken did not leave whole: it is the first again, and its buffer is the queue's. */
    void putBack(Piece piece) {
        int cost = piece.cost;
        piece.cost = 0;
        hold(piece, cost);
        pieces.addFirst(piece);
    }

    /** Releases everything. */
    void clear() {
        for (Piece piece : pieces) {
            letGo(piece);
            piece.buffer.release();
        }
        pieces.clear();
    }
}
