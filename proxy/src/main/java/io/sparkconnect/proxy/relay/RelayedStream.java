/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.netty.handler.codec.http2.Http2Error.CANCEL;
import static io.netty.handler.codec.http2.Http2Error.NO_ERROR;
import static io.netty.handler.codec.http2.Http2Error.REFUSED_STREAM;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.Lane;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.HeadReading;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.route.StreamRouter;
import org.jspecify.annotations.Nullable;

/** A client's stream from its first frame to its end, and the server's stream that it is coupled with. Confined to the loop. */
final class RelayedStream implements BackStream {
    private final FrontConnection front;
    private final Http2Stream frontStream;
    private final Http2Headers requestHeaders;
    private final RelayContext context;
    private final StreamTally tally;
    private StreamPhase phase = StreamPhase.READING_HEAD;
    private @Nullable ByteBuf held;
    private boolean requestEnded;
    private boolean requestUnwanted;
    private @Nullable RequestHead head;
    private StreamRouter.@Nullable Pending decision;
    private BackendPool.@Nullable Waiting connectionWait;
    private @Nullable Backend forwardedTo;
    private @Nullable Coupling coupling;

    /** What exists once a server's stream is open. */
    private record Coupling(
            BackConnection back, Http2Stream stream, BodyFlow request, ResponsePath response, Backend backend) {}

    RelayedStream(
            FrontConnection front,
            Http2Stream frontStream,
            Http2Headers requestHeaders,
            String method,
            RelayContext context) {
        this.front = front;
        this.frontStream = frontStream;
        this.requestHeaders = requestHeaders;
        this.context = context;
        this.tally = new StreamTally(front.remoteAddress(), method, context.nanoTime());
        context.watcher().streamStarted();
    }

    boolean isReadingHeadFor(long nanos) {
        return phase == StreamPhase.READING_HEAD && tally.nanosSoFar() >= nanos;
    }

    boolean isReadingHead() {
        return phase == StreamPhase.READING_HEAD;
    }

    // The client's side.

    /** Borrows the buffer. Returns how many of its bytes are dealt with already; the others are credited later. */
    int onRequestData(ByteBuf data, boolean endOfStream) {
        int bytes = data.readableBytes();
        tally.addIn(bytes);
        requestEnded |= endOfStream;
        switch (phase) {
            case READING_HEAD -> {
                hold(data);
                readHead();
                return 0;
            }
            case ROUTING, CONNECTING -> {
                hold(data);
                return 0;
            }
            case RELAYING -> {
                if (coupling == null || requestUnwanted) {
                    return bytes;
                }
                coupling.request().offer(data, endOfStream);
                return 0;
            }
            case ANSWERED, CLOSED -> {
                return bytes;
            }
        }
        return bytes;
    }

    /** The request ended with a header block. gRPC clients send none, so what it says is dropped. */
    void onRequestTrailers() {
        onRequestData(Unpooled.EMPTY_BUFFER, true);
    }

    void onClientReset() {
        context.watcher().reset("client");
    }

    /** The response has left entirely. A client that still sends may stop: nobody wants the rest. */
    void onResponseDelivered() {
        if (phase == StreamPhase.ANSWERED || requestUnwanted) {
            front.reset(frontStream, NO_ERROR.code());
        }
    }

    void onFrontClosed() {
        if (phase == StreamPhase.CLOSED) {
            return;
        }
        boolean wasAnswered = tally.hasStatus();
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.CLOSED);
        abandonSearch(before);
        if (coupling != null) {
            coupling.request().stop();
            coupling.response().stop();
            if (coupling.stream().state() != Http2Stream.State.CLOSED) {
                coupling.back().reset(coupling.stream(), wasAnswered ? NO_ERROR.code() : CANCEL.code());
            }
        }
        if (forwardedTo != null) {
            // Unless told before: the router counts the streams that it sent to a server.
            tellOutcome(forwardedTo, new StreamOutcome.Cancelled());
        }
        context.watcher().streamEnded(tally.report(head, forwardedTo));
    }

    // Finding a server.

    private void hold(ByteBuf data) {
        if (held == null) {
            held = front.context().alloc().buffer(Math.max(64, data.readableBytes()));
        }
        held.writeBytes(data, data.readerIndex(), data.readableBytes());
    }

    private void readHead() {
        ByteBuf soFar = held == null ? Unpooled.EMPTY_BUFFER : held;
        HeadReading reading = context.router().read(tally.method(), soFar, requestEnded);
        if (reading instanceof HeadReading.Complete complete) {
            route(complete.head());
        } else if (reading instanceof HeadReading.Refused refused) {
            answer(refused.answer(), refused.reason());
        } else if (requestEnded || soFar.readableBytes() >= RelayLimits.UNROUTED_WINDOW_BYTES) {
            answer(Answers.headTooLong(), "head-too-long");
        }
    }

    private void route(RequestHead found) {
        head = found;
        phase = phase.to(StreamPhase.ROUTING);
        context.watcher().held();
        decision = context.router().route(found, front.loop(), this::onDecision);
    }

    private void onDecision(RoutingDecision decided) {
        if (phase != StreamPhase.ROUTING) {
            return;
        }
        if (decided instanceof RoutingDecision.Answer answer) {
            answer(answer.answer(), answer.reason());
        } else if (decided instanceof RoutingDecision.Forward forward) {
            context.watcher().unheld();
            phase = phase.to(StreamPhase.CONNECTING);
            Backend backend = forward.backend();
            forwardedTo = backend;
            connectionWait = front.pool()
                    .acquire(
                            backend,
                            Lane.of(tally.method()),
                            connection -> onConnection(backend, connection),
                            cause -> onConnectFailed(backend, cause));
        }
    }

    private void onConnectFailed(Backend backend, String cause) {
        tellOutcome(backend, new StreamOutcome.ConnectFailed(cause));
        answer(Answers.cannotConnect(backend, cause), "connect-failed");
    }

    private void onConnection(Backend backend, BackConnection back) {
        if (!GrpcTimeout.reduce(requestHeaders, tally.nanosSoFar())) {
            answer(Answers.deadlinePassed(), "deadline");
            return;
        }
        boolean bodyFollows = held != null || !requestEnded;
        Http2Stream stream = back.open(requestHeaders, !bodyFollows, this);
        if (stream == null) {
            onConnectFailed(backend, "it accepts no further request on this connection");
            return;
        }
        phase = phase.to(StreamPhase.RELAYING);
        BodyFlow request = new BodyFlow(front, frontStream, back, stream);
        ResponsePath response = new ResponsePath(front, frontStream, back, stream);
        coupling = new Coupling(back, stream, request, response, backend);
        inspectIfWanted(backend, response);
        if (held != null) {
            ByteBuf first = held;
            held = null;
            request.offer(first, requestEnded);
            first.release();
        }
        if (!requestEnded) {
            front.widen(frontStream, context.limits().streamWindowBytes() - RelayLimits.UNROUTED_WINDOW_BYTES);
        }
    }

    private void inspectIfWanted(Backend backend, ResponsePath response) {
        RequestHead known = head;
        if (known != null && context.router().inspectsResponse(known)) {
            response.holdFirstMessage(message ->
                    context.router().beforeResponse(known, backend, message, front.loop(), response::release));
        }
    }

    // The server's side.

    @Override
    public void onResponseHeaders(Http2Headers headers, boolean endOfStream) {
        if (coupling == null || phase != StreamPhase.RELAYING) {
            return;
        }
        if (endOfStream) {
            int status = GrpcHeaders.statusOf(headers);
            tally.answered(status, status == 0 ? "ok" : "error");
            tellOutcome(coupling.backend(), new StreamOutcome.Answered(status));
        }
        coupling.response().headers(headers, endOfStream);
    }

    @Override
    public int onResponseData(ByteBuf data, boolean endOfStream) {
        if (coupling == null || phase != StreamPhase.RELAYING) {
            return data.readableBytes();
        }
        tally.addOut(data.readableBytes());
        if (endOfStream) {
            int status = GrpcHeaders.statusOf(GrpcHeaders.trailers());
            tally.answered(status, "no-trailers");
            tellOutcome(coupling.backend(), new StreamOutcome.Answered(status));
        }
        coupling.response().data(data, endOfStream);
        return 0;
    }

    @Override
    public void onServerReset(long errorCode) {
        context.watcher().reset("server");
        if (coupling == null || phase != StreamPhase.RELAYING) {
            return;
        }
        if (coupling.response().hasEnded()) {
            // An early answer: the tail may still be on its way to the client, so only the request ends here.
            requestUnwanted = true;
            coupling.request().stop();
            if (frontStream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
                front.reset(frontStream, NO_ERROR.code());
            }
            return;
        }
        Backend backend = coupling.backend();
        if (errorCode == CANCEL.code() && coupling.back().isGoingAway()) {
            // A stopping gRPC server cancels what runs. To clients a cancel is final, a lost server is not.
            String cause = "the server is shutting down";
            tellOutcome(backend, new StreamOutcome.ConnectionLost(cause));
            answer(Answers.connectionLost(backend, cause), "connection-lost");
            return;
        }
        tally.answered(GrpcHeaders.statusOfReset(errorCode), "server-reset");
        tellOutcome(backend, new StreamOutcome.Answered(GrpcHeaders.statusOfReset(errorCode)));
        front.reset(frontStream, errorCode);
    }

    @Override
    public void onBackClosed(BackConnection back) {
        if (coupling == null
                || phase != StreamPhase.RELAYING
                || coupling.response().hasEnded()) {
            return;
        }
        Backend backend = coupling.backend();
        if (back.isLost()) {
            String cause = back.lostBecause();
            tellOutcome(backend, new StreamOutcome.ConnectionLost(cause));
            answer(Answers.connectionLost(backend, cause), "connection-lost");
        } else if (back.hasRefused(coupling.stream()) && !coupling.response().hasStarted()) {
            // It was never processed, and the client's gRPC library may repeat it without asking anybody.
            tellOutcome(backend, new StreamOutcome.ConnectFailed("the server is going away"));
            tally.answered(GrpcHeaders.statusOfReset(REFUSED_STREAM.code()), "server-going-away");
            front.reset(frontStream, REFUSED_STREAM.code());
        } else {
            tellOutcome(backend, new StreamOutcome.ConnectionLost("invalid HTTP/2"));
            answer(Answers.brokenAnswer(backend), "invalid-response");
        }
    }

    // Answers of the proxy.

    void answer(StatusAnswer answer, String reason) {
        if (phase == StreamPhase.ANSWERED || phase == StreamPhase.CLOSED || tally.hasStatus()) {
            return;
        }
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.ANSWERED);
        tally.answered(answer.code(), reason);
        abandonSearch(before);
        if (coupling == null) {
            front.writeAnswer(frontStream, answer);
            return;
        }
        coupling.request().stop();
        coupling.response().endWith(answer);
        if (coupling.stream().state() != Http2Stream.State.CLOSED) {
            coupling.back().reset(coupling.stream(), CANCEL.code());
        }
    }

    private void abandonSearch(StreamPhase before) {
        if (before == StreamPhase.ROUTING) {
            context.watcher().unheld();
            if (decision != null) {
                decision.cancel();
            }
        } else if (before == StreamPhase.CONNECTING && connectionWait != null) {
            connectionWait.cancel();
        }
        if (held != null) {
            int bytes = held.readableBytes();
            held.release();
            held = null;
            front.credit(frontStream, bytes);
        }
    }

    private void tellOutcome(Backend backend, StreamOutcome outcome) {
        if (head != null && tally.outcomeIsNew()) {
            context.router().onOutcome(head, backend, outcome);
        }
    }
}
