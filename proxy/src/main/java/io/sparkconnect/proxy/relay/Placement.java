/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.Lane;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamRouter;
import org.jspecify.annotations.Nullable;

/**
 * How a stream finds its server: the first bytes are read, the router decides, a connection is awaited. In the common case
 * all of that happens within the call that brings the first frame. Confined to the loop.
 */
final class Placement {
    /** Nobody cuts the first 64 KiB of a request finer than this but to make us read them again and again. */
    private static final int MOST_FRAMES = 256;

    /** Told how it goes. */
    interface Outcome {
        void headRead(RequestHead head);

        void sessionless();

        void decided(Backend backend);

        void connected(Backend backend, BackConnection connection);

        void connectFailed(Backend backend, String cause);

        void answer(StatusAnswer answer, String reason);
    }

    private final EngineContext context;
    private final FrontConnection front;
    private final String method;
    private final Outcome outcome;

    /** What came before the present frame, when one frame was not enough. */
    private @Nullable ByteBuf earlier;

    private int frames;
    private StreamRouter.@Nullable Pending decision;
    private BackendPool.@Nullable Waiting connection;

    Placement(EngineContext context, FrontConnection front, String method, Outcome outcome) {
        this.context = context;
        this.front = front;
        this.method = method;
        this.outcome = outcome;
    }

    /** More of the request. Borrows the buffer, whose indices are as before when this returns. */
    void offer(ByteBuf in, int payload, int length, boolean end) {
        HeadReading reading =
                earlier == null ? readAlone(in, payload, length, end) : readJoined(in, payload, length, end);
        if (reading instanceof HeadReading.Complete complete) {
            release();
            route(complete.head());
        } else if (reading instanceof HeadReading.Refused refused) {
            outcome.answer(refused.answer(), refused.reason());
        } else if (end || length(earlier) >= Flow.UNROUTED_WINDOW || ++frames >= MOST_FRAMES) {
            outcome.answer(Answers.headTooLong(), "head-too-long");
        }
    }

    private static int length(@Nullable ByteBuf buffer) {
        return buffer == null ? 0 : buffer.readableBytes();
    }

    private HeadReading readAlone(ByteBuf in, int payload, int length, boolean end) {
        int readerIndex = in.readerIndex();
        int writerIndex = in.writerIndex();
        in.setIndex(payload, payload + length);
        try {
            HeadReading reading = context.router().read(method, in, end);
            if (reading instanceof HeadReading.NeedMore && !end) {
                earlier = front.ctx().alloc().buffer(Math.max(256, 2 * length)).writeBytes(in, payload, length);
            }
            return reading;
        } finally {
            in.setIndex(readerIndex, writerIndex);
        }
    }

    private HeadReading readJoined(ByteBuf in, int payload, int length, boolean end) {
        ByteBuf joined = earlier == null ? Unpooled.EMPTY_BUFFER : earlier.writeBytes(in, payload, length);
        return context.router().read(method, joined, end);
    }

    /** A call that names no session needs no head. */
    void anywhere() {
        outcome.sessionless();
        onDecision(context.router().routeOther());
    }

    private void route(RequestHead head) {
        outcome.headRead(head);
        decision = context.router().route(head, front.ctx().executor(), this::onDecision);
    }

    private void onDecision(RoutingDecision decided) {
        if (decided instanceof RoutingDecision.Answer answer) {
            outcome.answer(answer.answer(), answer.reason());
        } else if (decided instanceof RoutingDecision.Forward forward) {
            Backend backend = forward.backend();
            outcome.decided(backend);
            connection = front.pool()
                    .acquire(
                            backend,
                            Lane.of(method),
                            found -> outcome.connected(backend, found),
                            cause -> outcome.connectFailed(backend, cause));
        }
    }

    /** The stream is gone or answered: nothing more is told. Idempotent. */
    void cancel(StreamPhase phase) {
        release();
        if (phase == StreamPhase.ROUTING && decision != null) {
            decision.cancel();
        } else if (phase == StreamPhase.CONNECTING && connection != null) {
            connection.cancel();
        }
    }

    private void release() {
        if (earlier != null) {
            earlier.release();
            earlier = null;
        }
    }
}
