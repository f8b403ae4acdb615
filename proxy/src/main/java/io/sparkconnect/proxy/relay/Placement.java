/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.Lane;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.route.StreamRouter;
import org.jspecify.annotations.Nullable;

/**
 * How a client's stream finds its server: the first bytes are read, the router decides, a connection is awaited, a stream on
 * it is opened. In the common case all of that happens within the call that brings the first frame. Confined to the loop;
 * owns the copy of what came before the head could be read.
 */
final class Placement {
    /** Nobody cuts the first 64 KiB of a request finer than this but to make us read them again and again. */
    private static final int MOST_FRAMES = 256;

    private final EngineContext context;
    private final FrontStream client;
    private final HeaderList requestHeaders;
    private final RequestLine line;

    /** What came before the present frame, when one frame was not enough. */
    private @Nullable ByteBuf earlier;

    private int frames;
    private StreamRouter.@Nullable Pending decision;
    private BackendPool.@Nullable Waiting connection;

    Placement(EngineContext context, FrontStream client, HeaderList requestHeaders, RequestLine line) {
        this.context = context;
        this.client = client;
        this.requestHeaders = requestHeaders;
        this.line = line;
    }

    // Reading the head.

    /** More of the request. Borrows the buffer, whose indices are as before when this returns. */
    void offer(ByteBuf in, int payload, int length, boolean end) {
        HeadReading reading =
                earlier == null ? readAlone(in, payload, length, end) : readJoined(in, payload, length, end);
        if (reading instanceof HeadReading.Complete complete) {
            release();
            route(complete.head());
        } else if (reading instanceof HeadReading.Refused refused) {
            client.answer(refused.answer(), refused.reason());
        } else if (end || length(earlier) >= Flow.UNROUTED_WINDOW || ++frames >= MOST_FRAMES) {
            client.answer(Answers.headTooLong(), "head-too-long");
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
            HeadReading reading = context.router().read(line.method(), in, end);
            if (reading instanceof HeadReading.NeedMore && !end) {
                earlier = client.alloc().buffer(Math.max(256, 2 * length));
                keep(earlier, in, payload, length);
            }
            return reading;
        } finally {
            in.setIndex(readerIndex, writerIndex);
        }
    }

    private HeadReading readJoined(ByteBuf in, int payload, int length, boolean end) {
        ByteBuf joined = earlier == null ? Unpooled.EMPTY_BUFFER : earlier;
        keep(joined, in, payload, length);
        return context.router().read(line.method(), joined, end);
    }

    private void keep(ByteBuf kept, ByteBuf in, int payload, int length) {
        kept.writeBytes(in, payload, length);
        context.buffered().add(length);
    }

    private void release() {
        if (earlier != null) {
            context.buffered().remove(earlier.readableBytes());
            earlier.release();
            earlier = null;
        }
    }

    // Finding the server.

    /** A call that names no session needs no head. */
    void anywhere() {
        startRouting();
        onDecision(null, context.router().routeOther());
    }

    private void route(RequestHead head) {
        client.tally().headRead(head);
        startRouting();
        decision = context.router()
                .route(head, client.connection().ctx().executor(), decided -> onDecision(head, decided));
    }

    private void startRouting() {
        client.movesTo(StreamPhase.ROUTING);
        context.watcher().held();
    }

    private void onDecision(@Nullable RequestHead head, RoutingDecision decided) {
        if (decided instanceof RoutingDecision.Answer answer) {
            client.answer(answer.answer(), answer.reason());
        } else if (decided instanceof RoutingDecision.Forward forward) {
            client.movesTo(StreamPhase.CONNECTING);
            client.tally().decided(forward.backend());
            context.watcher().unheld();
            connect(head, forward.backend());
        }
    }

    private void connect(@Nullable RequestHead head, Backend backend) {
        connection = client.connection()
                .pool()
                .acquire(
                        backend,
                        Lane.of(line.method()),
                        found -> open(head, backend, found),
                        cause -> connectFailed(backend, cause));
    }

    private void open(@Nullable RequestHead head, Backend backend, BackConnection found) {
        HeaderList headers = line.hasTimeout()
                ? GrpcTimeout.reduce(requestHeaders, client.tally().nanosSoFar())
                : requestHeaders;
        if (headers == null) {
            client.answer(Answers.deadlinePassed(), "deadline");
            return;
        }
        RelayedStream opened = new RelayedStream(context, client, head, backend, found);
        if (opened.start(headers)) {
            client.coupledWith(opened);
        } else {
            connectFailed(backend, "it accepts no further request on this connection");
        }
    }

    private void connectFailed(Backend backend, String cause) {
        client.tally().outcome(new StreamOutcome.ConnectFailed(cause));
        client.answer(Answers.cannotConnect(backend, cause), "connect-failed");
    }

    /**
     * The stream is gone or answered: nothing more happens here. Idempotent.
     *
     * @param phase in which the stream was until now
     */
    void cancel(StreamPhase phase) {
        release();
        if (phase == StreamPhase.ROUTING) {
            context.watcher().unheld();
            if (decision != null) {
                decision.cancel();
            }
        } else if (phase == StreamPhase.CONNECTING && connection != null) {
            connection.cancel();
        }
    }
}
