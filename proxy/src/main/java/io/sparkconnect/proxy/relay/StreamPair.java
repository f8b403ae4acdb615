/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.h2.StreamState;
import io.sparkconnect.proxy.h2.StreamState.Event;
import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import org.jspecify.annotations.Nullable;

/**
 * A client's stream from its first frame to its end, and the server's stream that it is coupled with. Confined to the loop.
 */
final class StreamPair implements Placement.Outcome, BackStream, Flow.Owner {
    private final EngineContext context;
    private final FrontConnection front;
    private final int frontId;
    private final HeaderList requestHeaders;
    private final RequestLine line;
    private final StreamTally tally;
    private final Placement placement;
    private final Flow request;
    private final Flow response;
    private StreamState frontState = StreamState.IDLE.next(Event.HEADERS);
    private StreamPhase phase = StreamPhase.READING_HEAD;
    private long announcedBytesLeft;

    private @Nullable RequestHead head;
    private @Nullable Backend backend;
    private @Nullable BackConnection back;
    private int backId;
    private StreamState backState = StreamState.IDLE;
    private boolean responseStarted;
    private boolean requestUnwanted;
    private @Nullable FirstMessageHold hold;

    StreamPair(EngineContext context, FrontConnection front, int frontId, HeaderList requestHeaders, RequestLine line) {
        this.context = context;
        this.front = front;
        this.frontId = frontId;
        this.requestHeaders = requestHeaders;
        this.line = line;
        this.announcedBytesLeft = line.contentLength();
        this.tally = new StreamTally(front.describe(), line.method(), context.nanoTime());
        this.placement = new Placement(context, front, line.method(), this);
        this.request = new Flow(this);
        this.response = new Flow(this);
        request.source(front, frontId, Flow.UNROUTED_WINDOW);
        response.bind(front, frontId, front.peer.initialWindowSize());
        context.watcher().streamStarted();
    }

    @Override
    public ByteBufAllocator alloc() {
        return front.ctx().alloc();
    }

    int frontId() {
        return frontId;
    }

    /** Whether the client may send HEADERS and DATA. */
    boolean mayReceive() {
        return frontState.mayReceive();
    }

    Flow responseFlow() {
        return response;
    }

    @Override
    public Flow requestFlow() {
        return request;
    }

    boolean isReadingHeadFor(long nanos) {
        return phase == StreamPhase.READING_HEAD && tally.nanosSoFar() >= nanos;
    }

    // The client's side.

    /** @param end the headers are all of it */
    void onRequestHeaders(boolean end) {
        if (end) {
            onRequestEnd();
        }
        switch (line.kind()) {
            case OTHER_GRPC -> {
                placement.anywhere();
                if (end) {
                    endWithoutData();
                }
            }
            case SPARK_CONNECT -> {
                if (end) {
                    endWithoutData();
                }
            }
            case NOT_POST, NOT_GRPC -> {
                if (end) {
                    answerPlainText();
                }
            }
        }
    }

    private void endWithoutData() {
        ByteBuf nothing = Unpooled.buffer(Frame.HEADER_LENGTH).writeZero(Frame.HEADER_LENGTH);
        if (phase == StreamPhase.READING_HEAD) {
            placement.offer(nothing, 0, 0, true);
        }
        if (phase != StreamPhase.ANSWERED && phase != StreamPhase.CLOSED) {
            request.data(nothing, 0, 0, true);
        }
    }

    /** A DATA frame; the caller has checked that the stream is open for it. Borrows the buffer. */
    void onRequestData(ByteBuf in, int at, int length, int flowControlled, boolean end) throws StreamErrorException {
        if (!request.receive(flowControlled, length, end)) {
            throw new StreamErrorException(ErrorCode.FLOW_CONTROL_ERROR, "data beyond the stream's window");
        }
        checkAnnounced(length, end);
        tally.addIn(length);
        if (end) {
            onRequestEnd();
        }
        if (phase == StreamPhase.READING_HEAD) {
            readHead(in, at + Frame.HEADER_LENGTH, length, end);
        }
        if (phase != StreamPhase.ANSWERED && phase != StreamPhase.CLOSED && (length > 0 || end)) {
            request.data(in, at, length, end);
        }
    }

    private void readHead(ByteBuf in, int payload, int length, boolean end) {
        if (line.kind() == RequestLine.Kind.SPARK_CONNECT) {
            placement.offer(in, payload, length, end);
        } else if (end || tally.bytesIn() >= Flow.UNROUTED_WINDOW) {
            answerPlainText();
        }
    }

    private void checkAnnounced(int length, boolean end) throws StreamErrorException {
        if (line.contentLength() < 0) {
            return;
        }
        announcedBytesLeft -= length;
        if (announcedBytesLeft < 0 || (end && announcedBytesLeft > 0)) {
            throw new StreamErrorException(
                    ErrorCode.PROTOCOL_ERROR, "body is not as long as its content-length: " + line.contentLength());
        }
    }

    void onRequestTrailers(HeaderList trailers) throws StreamErrorException {
        checkAnnounced(0, true);
        onRequestEnd();
        if (phase == StreamPhase.READING_HEAD) {
            readHead(Unpooled.EMPTY_BUFFER, 0, 0, true);
        }
        if (phase != StreamPhase.ANSWERED && phase != StreamPhase.CLOSED) {
            request.headers(trailers, true);
        }
    }

    private void onRequestEnd() {
        request.sourceEnded();
        frontState = frontState.next(Event.RECEIVE_END);
        if (frontState == StreamState.CLOSED) {
            front.finished(this);
            onFrontClosed();
        }
    }

    /** The client reset the stream, or broke its rules, or its connection is gone. */
    void onClientGone() {
        if (frontState != StreamState.CLOSED) {
            frontState = StreamState.CLOSED;
            onFrontClosed();
        }
    }

    private void resetFront(ErrorCode code) {
        if (frontState != StreamState.CLOSED) {
            frontState = StreamState.CLOSED;
            front.reset(this, code);
            onFrontClosed();
        }
    }

    private void onFrontClosed() {
        boolean wasAnswered = tally.hasStatus();
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.CLOSED);
        abandonPlacement(before);
        request.stop();
        response.stop();
        dropHold();
        resetBack(wasAnswered ? ErrorCode.NO_ERROR : ErrorCode.CANCEL);
        if (!wasAnswered) {
            tellOutcome(new StreamOutcome.Cancelled());
        }
        context.watcher().streamEnded(tally.report(head, backend));
    }

    // Finding a server.

    @Override
    public void headRead(RequestHead found) {
        head = found;
        routing();
    }

    @Override
    public void sessionless() {
        routing();
    }

    private void routing() {
        phase = phase.to(StreamPhase.ROUTING);
        context.watcher().held();
    }

    @Override
    public void decided(Backend found) {
        backend = found;
        context.watcher().unheld();
        phase = phase.to(StreamPhase.CONNECTING);
    }

    @Override
    public void connectFailed(Backend unreachable, String cause) {
        tellOutcome(new StreamOutcome.ConnectFailed(cause));
        answer(Answers.cannotConnect(unreachable, cause), "connect-failed");
    }

    @Override
    public void connected(Backend found, BackConnection connection) {
        HeaderList headers =
                line.hasTimeout() ? GrpcTimeout.reduce(requestHeaders, tally.nanosSoFar()) : requestHeaders;
        if (headers == null) {
            answer(Answers.deadlinePassed(), "deadline");
            return;
        }
        int id = connection.open(headers, this);
        if (id == 0) {
            connectFailed(found, "it accepts no further request on this connection");
            return;
        }
        phase = phase.to(StreamPhase.RELAYING);
        back = connection;
        backId = id;
        backState = StreamState.IDLE.next(Event.HEADERS);
        response.source(connection, id, context.limits().streamWindowBytes());
        if (head != null && context.router().inspectsResponse(head)) {
            hold = new FirstMessageHold(alloc(), this::inspect);
        }
        request.grow(context.limits().streamWindowBytes());
        request.bind(connection, id, connection.peer.initialWindowSize());
    }

    private void abandonPlacement(StreamPhase before) {
        if (before == StreamPhase.ROUTING) {
            context.watcher().unheld();
        }
        placement.cancel(before);
    }

    // The server's side.

    @Override
    public void onResponseHeaders(HeaderList list, boolean end) throws StreamErrorException {
        if (!backState.mayReceive()) {
            throw new StreamErrorException(ErrorCode.STREAM_CLOSED, "HEADERS behind the response's end");
        }
        ResponseLine facts = ResponseLine.of(list, responseStarted);
        if (responseStarted && !end) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "HEADERS in the middle of a response");
        }
        responseStarted |= !facts.isInformational();
        if (end) {
            tally.answered(facts.grpcStatus(), "ok");
            endOfResponse();
            tellOutcome(new StreamOutcome.Answered(facts.grpcStatus()));
        }
        if (phase != StreamPhase.RELAYING) {
            return;
        }
        HeaderList passed = end ? ResponseLine.fitting(list, facts.listBytes(), front.peer.maxHeaderListSize()) : list;
        if (hold != null && end) {
            hold.end(passed);
            passHoldUnlessPending();
        } else {
            response.headers(passed, end);
        }
    }

    @Override
    public void onResponseData(ByteBuf in, int at, int length, int flowControlled, boolean end)
            throws StreamErrorException {
        if (!backState.mayReceive() || !responseStarted) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "DATA outside a response");
        }
        if (!response.receive(flowControlled, length, end)) {
            throw new StreamErrorException(ErrorCode.FLOW_CONTROL_ERROR, "data beyond the stream's window");
        }
        tally.addOut(length);
        if (end) {
            tally.answered(GrpcStatus.UNKNOWN, "no-trailers");
            endOfResponse();
            tellOutcome(new StreamOutcome.Answered(GrpcStatus.UNKNOWN));
        }
        if (phase != StreamPhase.RELAYING) {
            return;
        }
        if (hold != null) {
            hold.add(in, at + Frame.HEADER_LENGTH, length, end);
            passHoldUnlessPending();
        } else if (length > 0 || end) {
            response.data(in, at, length, end);
        }
    }

    private void endOfResponse() {
        response.sourceEnded();
        backMoves(Event.RECEIVE_END);
    }

    @Override
    public void onServerReset(ErrorCode code) {
        context.watcher().reset("server");
        boolean complete = !backState.mayReceive();
        backState = StreamState.CLOSED;
        request.stop();
        if (phase != StreamPhase.RELAYING) {
            return;
        }
        if (complete) {
            // An early answer: its tail may still be on its way to the client, so only the request ends here.
            requestUnwanted = true;
            if (response.isStopped()) {
                resetFront(ErrorCode.NO_ERROR);
            }
            return;
        }
        if (code == ErrorCode.CANCEL && back != null && back.isGoingAway()) {
            // A stopping gRPC server cancels what runs. To clients a cancel is final, a lost server is not.
            lost("the server is shutting down");
            return;
        }
        int status = GrpcHeaders.statusOfReset(code);
        tally.answered(status, "server-reset");
        tellOutcome(new StreamOutcome.Answered(status));
        resetFront(code);
    }

    @Override
    public void onServerRefused() {
        backState = StreamState.CLOSED;
        if (phase == StreamPhase.RELAYING) {
            tellOutcome(new StreamOutcome.ConnectFailed("the server is going away"));
            tally.answered(GrpcStatus.UNAVAILABLE, "server-going-away");
            resetFront(ErrorCode.REFUSED_STREAM);
        }
    }

    @Override
    public void onServerLost(String cause) {
        boolean complete = !backState.mayReceive();
        backState = StreamState.CLOSED;
        if (phase != StreamPhase.RELAYING) {
            return;
        }
        if (complete) {
            requestUnwanted = true;
            request.stop();
            if (response.isStopped()) {
                resetFront(ErrorCode.NO_ERROR);
            }
        } else {
            lost(cause);
        }
    }

    private void lost(String cause) {
        if (backend != null) {
            tellOutcome(new StreamOutcome.ConnectionLost(cause));
            answer(Answers.connectionLost(backend, cause), "connection-lost");
        }
    }

    @Override
    public void onServerBroke(ErrorCode code) {
        resetBack(code);
        if (phase == StreamPhase.RELAYING && backend != null) {
            tellOutcome(new StreamOutcome.ConnectionLost("invalid HTTP/2"));
            answer(Answers.brokenAnswer(backend), "invalid-response");
        }
    }

    private void resetBack(ErrorCode code) {
        if (back != null && backState != StreamState.IDLE && backState != StreamState.CLOSED) {
            backState = StreamState.CLOSED;
            back.reset(backId, code);
        }
    }

    private void backMoves(Event event) {
        if (backState == StreamState.CLOSED || back == null) {
            return;
        }
        backState = backState.next(event);
        if (backState == StreamState.CLOSED) {
            back.finished(backId);
        }
    }

    // Both.

    @Override
    public void onDelivered(Flow flow) {
        if (flow == request) {
            backMoves(Event.SEND_END);
            return;
        }
        if (frontState == StreamState.CLOSED) {
            return;
        }
        frontState = frontState.next(Event.SEND_END);
        if (frontState == StreamState.CLOSED) {
            front.finished(this);
            onFrontClosed();
        } else if (phase == StreamPhase.ANSWERED || requestUnwanted) {
            // A client that still sends may stop: nobody wants the rest (RFC 9113 section 8.1).
            resetFront(ErrorCode.NO_ERROR);
        }
    }

    // Looking into the response.

    private void inspect(ByteBuf message) {
        if (head != null && backend != null) {
            context.router().beforeResponse(head, backend, message, front.ctx().executor(), this::passHold);
        }
    }

    private void passHoldUnlessPending() {
        if (hold == null || hold.isPending()) {
            return;
        }
        if (hold.isEmpty()) {
            passHold();
        } else if (backend != null) {
            // Passing it on unread would let the client use what the router does not know of.
            onServerBroke(ErrorCode.CANCEL);
        }
    }

    private void passHold() {
        FirstMessageHold passing = hold;
        hold = null;
        if (passing != null) {
            passing.passTo(response);
        }
    }

    private void dropHold() {
        if (hold != null) {
            hold.drop();
            hold = null;
        }
    }

    // Answers of the proxy.

    @Override
    public void answer(StatusAnswer answer, String reason) {
        if (!beginAnswer(answer.code(), reason)) {
            return;
        }
        if (responseStarted) {
            response.headers(GrpcHeaders.trailers(answer), true);
        } else if (answer.code() != 0 || answer.responseMessage().length == 0) {
            response.headers(GrpcHeaders.trailersOnly(answer), true);
        } else {
            byte[] message = answer.responseMessage();
            ByteBuf frame = alloc().buffer(Frame.HEADER_LENGTH + 5 + message.length);
            frame.writeZero(Frame.HEADER_LENGTH + 1).writeInt(message.length).writeBytes(message);
            response.headers(GrpcHeaders.responseHead(), false);
            response.data(frame, 0, 5 + message.length, false);
            frame.release();
            response.headers(GrpcHeaders.trailers(answer), true);
        }
    }

    /** Somebody who does not speak gRPC gets words, once the request is complete. */
    private void answerPlainText() {
        int httpStatus = line.kind() == RequestLine.Kind.NOT_POST ? 405 : 415;
        String reason = "http-" + httpStatus;
        context.watcher().clientRefused(reason);
        if (beginAnswer(StreamReport.NO_STATUS, reason)) {
            byte[] text = Answers.NOT_GRPC.getBytes(US_ASCII);
            ByteBuf frame = alloc().buffer(Frame.HEADER_LENGTH + text.length);
            frame.writeZero(Frame.HEADER_LENGTH).writeBytes(text);
            response.headers(GrpcHeaders.plainText(httpStatus), false);
            response.data(frame, 0, text.length, true);
            frame.release();
        }
    }

    private boolean beginAnswer(int status, String reason) {
        if (phase == StreamPhase.ANSWERED || phase == StreamPhase.CLOSED || tally.hasStatus()) {
            return false;
        }
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.ANSWERED);
        tally.answered(status, reason);
        abandonPlacement(before);
        request.stop();
        dropHold();
        resetBack(ErrorCode.CANCEL);
        return true;
    }

    private void tellOutcome(StreamOutcome outcome) {
        if (head != null && backend != null && tally.outcomeIsNew()) {
            context.router().onOutcome(head, backend, outcome);
        }
    }
}
