/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream that waits for its decision. Made and cancelled on its event loop, answered from the core thread; the callback
 * runs on the loop, where the two meet.
 */
final class Waiter implements StreamRouter.Pending {
    private static final Logger LOG = LoggerFactory.getLogger(Waiter.class);

    /** Told once, on the loop. */
    interface OnOver {
        void accept(Waiter waiter, boolean cancelled);
    }

    final RequestHead head;
    final ConnectMethod method;
    final long sinceMs;

    /** The pool that its client asks for; null when it does not. */
    final @Nullable String askedPool;

    /** Whether it has been held: it has its place then. Belongs to the core thread. */
    boolean hasBeenHeld;

    private final EventExecutor loop;
    private final Consumer<RoutingDecision> callback;
    private final OnOver onOver;
    private volatile boolean over;

    Waiter(
            RequestHead head,
            @Nullable String askedPool,
            EventExecutor loop,
            Consumer<RoutingDecision> callback,
            long sinceMs,
            OnOver onOver) {
        this.head = head;
        this.askedPool = askedPool;
        this.method = ConnectMethod.of(head.method());
        this.loop = loop;
        this.callback = callback;
        this.sinceMs = sinceMs;
        this.onOver = onOver;
    }

    @Override
    public void cancel() {
        if (!over) {
            over = true;
            onOver.accept(this, true);
        }
    }

    /** Answered or cancelled. */
    boolean isOver() {
        return over;
    }

    /** Hands the decision to the stream's loop. {@code delivered} runs there just before the callback, if that runs. */
    void answer(RoutingDecision decision, Runnable delivered) {
        try {
            loop.execute(() -> {
                if (!over) {
                    over = true;
                    onOver.accept(this, false);
                    delivered.run();
                    callback.accept(decision);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("session={} its event loop has ended before the decision", head.session(), e);
        }
    }
}
