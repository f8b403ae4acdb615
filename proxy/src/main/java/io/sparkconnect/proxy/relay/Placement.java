/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.Lane;
import io.sparkconnect.proxy.pool.NoConnection;
import io.sparkconnect.proxy.pool.Turn;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.route.StreamRouter;
import java.util.concurrent.TimeUnit;
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
    private @Nullable Future<?> deadline;

    /** A small request that came in one frame, until its server begins to answer. */
    private @Nullable RequestCopy wholeRequest;

    private boolean replayed;

    Placement(EngineContext context, FrontStream client, HeaderList requestHeaders, RequestLine line) {
        this.context = context;
        this.client = client;
        this.requestHeaders = requestHeaders;
        this.line = line;
    }

    /** The request's own deadline, which is ours to keep until a server has the request. Without one nothing is done. */
    private void startClock() {
        long nanos = line.hasTimeout() ? GrpcTimeout.nanosOf(requestHeaders.fields()) : -1;
        if (nanos >= 0) {
            long left = Math.max(0, nanos - client.tally().nanosSoFar());
            deadline = loop().schedule(this::onDeadline, left, TimeUnit.NANOSECONDS);
        }
    }

    private void onDeadline() {
        client.answer(Answers.deadlinePassed(), "deadline");
    }

    private void stopClock() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private EventExecutor loop() {
        return client.connection().ctx().executor();
    }

    // Reading the head.

    /** The request's headers have come; what is told by them alone is answered. */
    void begin() {
        startClock();
        if (context.buffered().isFull() && !line.endsWork()) {
            context.counters().hit(Limit.BUFFERED_BYTES);
            client.answer(Answers.noRoom(), "no-room");
        } else if (line.kind() == RequestLine.Kind.OTHER_GRPC) {
            // It names no session, so it needs no head.
            startRouting();
            onDecision(null, context.router().routeOther(line.pool()));
        }
    }

    /** More of a request whose head could not be read. Borrows the buffer, whose indices are as before when this returns. */
    void offer(ByteBuf in, int payload, int length, boolean end) {
        if (line.kind() != RequestLine.Kind.SPARK_CONNECT) {
            if (end || client.tally().bytesIn() >= Flow.UNROUTED_WINDOW) {
                client.own().plainText();
            }
            return;
        }
        HeadReading reading =
                earlier == null ? readAlone(in, payload, length, end) : readJoined(in, payload, length, end);
        if (reading instanceof HeadReading.Complete complete) {
            release();
            route(complete.head());
        } else if (reading instanceof HeadReading.Refused refused) {
            client.answer(refused.answer(), refused.reason());
        } else if (end || length(earlier) >= Flow.UNROUTED_WINDOW || ++frames >= MOST_FRAMES) {
            if (!end) {
                context.counters().hit(Limit.HEAD_BYTES);
            }
            client.answer(Answers.headTooLong(), "head-too-long");
        } else {
            client.checkRoom(length(earlier));
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

    private void route(RequestHead head) {
        client.tally().headRead(head);
        startRouting();
        decision = context.router().route(head, line.pool(), loop(), decided -> onDecision(head, decided));
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
            connect(head, forward.backend(), null);
        }
    }

    private void connect(@Nullable RequestHead head, Backend backend, @Nullable BackConnection except) {
        connection = client.connection()
                .pool()
                .acquireOther(
                        backend,
                        Lane.of(line.method()),
                        line.endsWork() ? Turn.FIRST : Turn.IN_LINE,
                        except,
                        found -> open(head, backend, found),
                        none -> connectFailed(backend, none));
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
            stopClock();
            client.coupledWith(opened);
        } else {
            connectFailed(
                    backend,
                    new NoConnection(NoConnection.Kind.NO_ROOM, "it accepts no further request on this connection"));
        }
    }

    private void connectFailed(Backend backend, NoConnection none) {
        switch (none.kind()) {
            case CANNOT_CONNECT -> {
                client.tally().outcome(new StreamOutcome.ConnectFailed(none.cause()));
                client.answer(Answers.cannotConnect(backend, none.cause()), "connect-failed");
            }
            case NO_ROOM -> {
                client.tally().outcome(new StreamOutcome.NotSent(none.cause()));
                client.answer(Answers.serverFull(backend, none.cause()), "server-full");
            }
        }
    }

    // Once more, because the server has not looked at the request.

    /** The whole request has come in this one frame. */
    void keepWhole(ByteBuf in, int payload, int length) {
        wholeRequest = RequestCopy.of(in, payload, length);
    }

    /** The server has begun to answer. */
    void forgetRequest() {
        wholeRequest = null;
    }

    /** Whether all of the request is here, and it was not sent again yet. */
    boolean mayReplay(Flow request) {
        return !replayed && (wholeRequest != null || request.isWhole());
    }

    /** Takes another connection to the server if there can be one. */
    void replay(Flow request, @Nullable RequestHead head, Backend backend, BackConnection refusedBy) {
        replayed = true;
        RequestCopy copy = request.isWhole() ? null : wholeRequest;
        request.unbind();
        if (copy != null) {
            copy.sendAgain(request, client.alloc());
            if (!client.isWanted()) {
                return;
            }
        }
        client.movesTo(StreamPhase.CONNECTING);
        startClock();
        connect(head, backend, refusedBy);
    }

    /**
     * The stream is gone or answered: nothing more happens here. Idempotent.
     *
     * @param phase in which the stream was until now
     */
    void cancel(StreamPhase phase) {
        release();
        stopClock();
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
