/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a stream: from the hop that receives it to the hop that sends it. Passes frames on at once while the
 * receiver's windows and socket allow; else keeps them, and the sender gets its credit back only as they leave. So a
 * receiver that stops reading stops its own stream at the sender and nothing else, and a flow never holds more than the
 * window that the sender was given.
 *
 * <p>Confined to its loop. Borrows what it passes on at once; what it keeps, its {@link FlowQueue} owns.
 */
final class Flow {
    /** What a client may send before its stream is routed. */
    static final int UNROUTED_WINDOW = FlowWindow.DEFAULT;

    private final Owner owner;
    private @Nullable SenderCredit credit;

    private @Nullable Hop<?> sink;
    private int sinkId;
    private final FlowWindow window = new FlowWindow(0);

    private @Nullable FlowQueue queue;
    private boolean passedAny;
    private boolean waitsForOutlet;
    private boolean stopped;

    /** Whose direction this is. */
    interface Owner {
        ByteBufAllocator alloc();

        /** Where what the flow keeps is counted. */
        BufferedBytes buffered();

        /** The flow's end has been written out. */
        void onDelivered(Flow flow);

        /** The flow keeps more than before. */
        void onKept();
    }

    Flow(Owner owner) {
        this.owner = owner;
    }

    // The sender's side.

    /**
     * Without a source what passes is our own.
     *
     * @param from gets the credit back
     * @param initialCredit what it was told that it may send
     */
    void source(Hop<?> from, int id, int initialCredit) {
        credit = new SenderCredit(from, id, initialCredit);
    }

    /** Returns false when the sender exceeds its window. */
    boolean receive(int flowControlled, int dataLength, boolean end) {
        SenderCredit sender = credit;
        return sender == null || sender.receive(flowControlled, dataLength, end);
    }

    /** The sender said or will say nothing more: it needs no credit. */
    void sourceEnded() {
        if (credit != null) {
            credit.sourceEnded();
        }
    }

    /** Gives the sender a larger window for good. */
    void grow(int windowBytes) {
        if (credit != null) {
            credit.grow(windowBytes);
        }
    }

    // What passes.

    /** A whole DATA frame at {@code at}; patches its header in place. Borrows the buffer. */
    void data(ByteBuf in, int at, int length, boolean end) {
        if (stopped) {
            return;
        }
        int payload = at + Frame.HEADER_LENGTH;
        int left = length;
        boolean headerInFront = true;
        if (sink != null && !waitsForOutlet && isEmpty()) {
            int passed;
            while ((passed = pass(in, payload, left, end, headerInFront)) >= 0) {
                if (passed == left) {
                    return;
                }
                payload += passed;
                left -= passed;
                headerInFront = false;
            }
            if (stopped) {
                return;
            }
        }
        queue().addData(in, payload, left, end, headerInFront);
        waitIfNeeded();
        owner.onKept();
    }

    /** A header block behind all data so far. */
    void headers(HeaderList list, boolean end) {
        if (stopped) {
            return;
        }
        if (sink != null && isEmpty()) {
            passedAny = true;
            sink.outlet().headers(sinkId, list, end);
            if (end) {
                delivered();
            }
            return;
        }
        queue().addHeaders(list, end);
    }

    /**
     * Writes one frame of at most {@code left} bytes as far as windows and socket allow. Returns its payload; -1 when
     * nothing may be written now.
     */
    private int pass(ByteBuf buffer, int payload, int left, boolean end, boolean headerInFront) {
        Hop<?> to = sink;
        if (to == null) {
            return -1;
        }
        int part = 0;
        if (left > 0) {
            part = Math.min(left, Math.min(window.available(), to.outlet().sendable()));
            if (part <= 0) {
                return -1;
            }
        }
        boolean last = end && part == left;
        passedAny = true;
        window.take(part);
        if (headerInFront) {
            int at = payload - Frame.HEADER_LENGTH;
            Frame.set(buffer, at, part, Frame.DATA, last ? Frame.FLAG_END_STREAM : 0, sinkId);
            to.outlet().frame(buffer, at, Frame.HEADER_LENGTH + part, part);
        } else {
            to.outlet().dataWithNewHeader(buffer, payload, part, last, sinkId);
        }
        if (part > 0 && credit != null) {
            credit.giveBack(part);
        }
        if (last) {
            delivered();
        }
        return part;
    }

    private void delivered() {
        stopped = true;
        owner.onDelivered(this);
    }

    // The receiver's side.

    /** From now on frames go there. What was kept goes first. */
    void bind(Hop<?> to, int id, int initialWindow) {
        sink = to;
        sinkId = id;
        window.add(initialWindow);
        passKept();
    }

    /** Whether nothing has gone to the receiver: all that came is still here. */
    boolean isWhole() {
        return !passedAny;
    }

    /** The receiver takes nothing, and has looked at nothing. What is kept stays, and goes to the next one. */
    void unbind() {
        stopWaiting();
        sink = null;
        stopped = false;
        passedAny = false;
        window.take(window.available());
    }

    /** Returns false beyond 2^31-1. */
    boolean widen(int delta) {
        if (!window.add(delta)) {
            return false;
        }
        if (!waitsForOutlet) {
            passKept();
        }
        return true;
    }

    private void passKept() {
        while (!isEmpty() && passOneKept()) {}
        waitIfNeeded();
    }

    /** The outlet has room again. */
    void resumeOneFrame() {
        waitsForOutlet = false;
        boolean passed = passOneKept();
        // Trailers and an empty last frame need no window: nobody would call for them behind one that is used up.
        while (passed && queue != null && queue.nextNeedsNoWindow()) {
            passed = passOneKept();
        }
        waitIfNeeded();
    }

    /** Returns false when the first kept piece has to wait on. */
    private boolean passOneKept() {
        Hop<?> to = sink;
        if (to == null || isEmpty()) {
            return false;
        }
        // Taken out first: passing the last byte may stop the flow, which clears the queue.
        FlowQueue.Piece piece = queue().take();
        if (piece.headers != null) {
            passedAny = true;
            to.outlet().headers(sinkId, piece.headers, piece.end);
            if (piece.end) {
                delivered();
            }
            return true;
        }
        int passed = pass(piece.buffer, piece.at, piece.left, piece.end, piece.headerInFront);
        if (passed >= 0) {
            queue().hasMoved();
        }
        if (passed == piece.left || stopped) {
            piece.buffer.release();
            return true;
        }
        if (passed > 0) {
            piece.advance(passed);
        }
        queue().putBack(piece);
        return passed > 0;
    }

    private void waitIfNeeded() {
        if (!stopped && !waitsForOutlet && sink != null && !isEmpty() && window.available() > 0) {
            waitsForOutlet = true;
            sink.outlet().await(this);
        }
    }

    private boolean isEmpty() {
        return queue == null || queue.isEmpty();
    }

    private FlowQueue queue() {
        if (queue == null) {
            queue = new FlowQueue(owner.alloc(), owner.buffered());
        }
        return queue;
    }

    /** Passes nothing more, and releases what is kept. Idempotent. */
    void stop() {
        stopped = true;
        stopWaiting();
        discard();
    }

    /** Memory that is held for what is kept. */
    int held() {
        return queue == null ? 0 : queue.held();
    }

    /** Whether something is kept and nothing of it has left since this was last asked. */
    boolean isStuck() {
        return queue != null && queue.isStuck();
    }

    /** Throws away what is kept; what comes next follows at once upon what has passed. */
    void skipKept() {
        stopWaiting();
        discard();
    }

    /** Releases what is kept. */
    void discard() {
        if (queue != null) {
            queue.clear();
        }
    }

    private void stopWaiting() {
        if (waitsForOutlet && sink != null) {
            waitsForOutlet = false;
            sink.outlet().forget(this);
        }
    }

    /** Whether the end has been written out, or nothing will be. */
    boolean isStopped() {
        return stopped;
    }
}
