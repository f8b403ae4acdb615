/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.h2.StreamState;
import io.sparkconnect.proxy.h2.StreamState.Event;
import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.registry.SessionKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client's stream from its first frame to its end. {@link Placement} finds its server, a {@link RelayedStream} is what it
 * is coupled with from then on, and both directions of bytes are a {@link Flow} each, which own what they keep. Confined to
 * the loop.
 */
final class FrontStream implements Flow.Owner {
    private final EngineContext context;
    private final FrontConnection front;
    private final int id;
    private final RequestLine line;
    private final AnnouncedLength announced;
    private final StreamTally tally;
    private final Placement placement;
    private final Flow request;
    private final Flow response;
    private StreamState state = StreamState.IDLE.next(Event.HEADERS);
    private StreamPhase phase = StreamPhase.READING_HEAD;
    private boolean requestUnwanted;

    private @Nullable RelayedStream relayed;

    FrontStream(EngineContext context, FrontConnection front, int id, HeaderList requestHeaders, RequestLine line) {
        this.context = context;
        this.front = front;
        this.id = id;
        this.line = line;
        this.announced = new AnnouncedLength(line.contentLength());
        this.tally = new StreamTally(context, front.describe(), line.method());
        this.placement = new Placement(context, this, requestHeaders, line);
        this.request = new Flow(this);
        this.response = new Flow(this);
        request.source(front, id, Flow.UNROUTED_WINDOW);
        response.bind(front, id, front.peer.initialWindowSize());
    }

    @Override
    public ByteBufAllocator alloc() {
        return front.ctx().alloc();
    }

    @Override
    public BufferedBytes buffered() {
        return context.buffered();
    }

    int id() {
        return id;
    }

    Flow requestFlow() {
        return request;
    }

    Flow responseFlow() {
        return response;
    }

    StreamTally tally() {
        return tally;
    }

    /** Whether the client may send HEADERS and DATA. */
    boolean mayReceive() {
        return state.mayReceive();
    }

    boolean isReadingHeadFor(long nanos) {
        return phase == StreamPhase.READING_HEAD && tally.nanosSoFar() >= nanos;
    }

    // What the client sends.

    /** @param end the headers are all of it */
    void onRequestHeaders(boolean end) {
        if (end) {
            onRequestEnd();
        }
        placement.begin();
        if (end && isWanted()) {
            endWithoutData();
        }
    }

    private void endWithoutData() {
        ByteBuf nothing = Unpooled.buffer(Frame.HEADER_LENGTH).writeZero(Frame.HEADER_LENGTH);
        if (phase == StreamPhase.READING_HEAD) {
            placement.offer(nothing, 0, 0, true);
        }
        if (isWanted()) {
            request.data(nothing, 0, 0, true);
        }
    }

    /** A DATA frame; the caller has checked that the stream is open for it. Borrows the buffer. */
    void onRequestData(ByteBuf in, int at, int length, int flowControlled, boolean end) throws StreamErrorException {
        if (!request.receive(flowControlled, length, end)) {
            throw new StreamErrorException(ErrorCode.FLOW_CONTROL_ERROR, "data beyond the stream's window");
        }
        announced.take(length, end);
        tally.addIn(length);
        if (end) {
            if (length == tally.bytesIn()) {
                placement.keepWhole(in, at + Frame.HEADER_LENGTH, length);
            }
            onRequestEnd();
        }
        if (phase == StreamPhase.READING_HEAD) {
            placement.offer(in, at + Frame.HEADER_LENGTH, length, end);
        }
        if (isWanted() && (length > 0 || end)) {
            request.data(in, at, length, end);
        }
    }

    void onRequestTrailers(HeaderList trailers) throws StreamErrorException {
        announced.take(0, true);
        onRequestEnd();
        if (phase == StreamPhase.READING_HEAD) {
            placement.offer(Unpooled.EMPTY_BUFFER, 0, 0, true);
        }
        if (isWanted()) {
            request.headers(trailers, true);
        }
    }

    /** Whether the server's answer is still to come, or on its way. */
    boolean isWanted() {
        return phase != StreamPhase.ANSWERED && phase != StreamPhase.CLOSED;
    }

    private void onRequestEnd() {
        request.sourceEnded();
        state = state.next(Event.RECEIVE_END);
        if (state == StreamState.CLOSED) {
            front.finished(this);
            onClosed();
        }
    }

    // Its end.

    /** The client reset the stream, or broke its rules, or its connection is gone. */
    void onClientGone() {
        if (state != StreamState.CLOSED) {
            state = StreamState.CLOSED;
            onClosed();
        }
    }

    /** The client's side is ended by a reset. Idempotent. */
    void reset(ErrorCode code) {
        if (state != StreamState.CLOSED) {
            state = StreamState.CLOSED;
            front.reset(this, code);
            onClosed();
        }
    }

    private void onClosed() {
        boolean wasAnswered = tally.hasStatus();
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.CLOSED);
        placement.cancel(before);
        request.stop();
        response.stop();
        if (relayed != null) {
            relayed.abandon(wasAnswered ? ErrorCode.NO_ERROR : ErrorCode.CANCEL);
        }
        if (!wasAnswered) {
            tally.outcome(new StreamOutcome.Cancelled());
        }
        tally.streamEnded();
    }

    // Finding a server.

    void movesTo(StreamPhase next) {
        phase = phase.to(next);
    }

    /** A server's stream has been opened for this one. */
    void coupledWith(RelayedStream opened) {
        phase = phase.to(StreamPhase.RELAYING);
        relayed = opened;
        request.grow(context.limits().streamWindowBytes());
        request.bind(opened.connection(), opened.id(), opened.connection().peer.initialWindowSize());
    }

    /** The server has not looked at the request. Whether it is sent once more; if not, nothing has happened. */
    boolean replay(@Nullable RequestHead head, Backend backend, BackConnection refusedBy) {
        if (!placement.mayReplay(request)) {
            return false;
        }
        relayed = null;
        context.watcher().replayed();
        placement.replay(request, head, backend, refusedBy);
        return true;
    }

    /** The server has begun to answer. */
    void responseStarted() {
        placement.forgetRequest();
    }

    // What the server's stream tells.

    /** Whether what the server says still goes to the client. */
    boolean isRelaying() {
        return phase == StreamPhase.RELAYING;
    }

    /** The most that the client takes as one header list. */
    long headerListLimit() {
        return front.peer.maxHeaderListSize();
    }

    FrontConnection connection() {
        return front;
    }

    /** The server wants no more of the request, and all of its answer is on its way to the client. */
    void stopRequest() {
        request.stop();
        requestUnwanted = true;
        if (response.isStopped()) {
            reset(ErrorCode.NO_ERROR);
        }
    }

    // Both directions.

    /** Memory that is held for it. */
    int held() {
        return request.held() + response.held();
    }

    /** Whether something is kept of it, and none of that has left since this was last asked. */
    boolean isStuck() {
        // Both are to be asked: each begins to watch anew.
        boolean requestIsStuck = request.isStuck();
        return response.isStuck() || requestIsStuck;
    }

    @Override
    public void onKept() {
        checkRoom(held());
    }

    /** @param held memory that is held for it, and has just become more */
    void checkRoom(int held) {
        if (context.buffered().isTooMuch(held)) {
            giveUp();
        }
    }

    /** There is no memory for what is kept of it: that is thrown away, and the client told so, who can come back. */
    void giveUp() {
        if (state == StreamState.CLOSED) {
            return;
        }
        context.counters().hit(Limit.UNREAD_BYTES);
        context.failures().streamGivenUp(front, id, held());
        if (response.isStopped()) {
            // The client has all of the answer: only its request is too much.
            reset(ErrorCode.NO_ERROR);
            return;
        }
        StatusAnswer answer = Answers.givenUp();
        tally.givenUp(answer.code(), "unread");
        tally.outcome(new StreamOutcome.Cancelled());
        if (isWanted()) {
            takeOver();
        }
        response.skipKept();
        AnswerFrames.write(response, alloc(), answer, !response.isWhole());
    }

    @Override
    public void onDelivered(Flow flow) {
        if (flow == request) {
            if (relayed != null) {
                relayed.requestDelivered();
            }
            return;
        }
        if (state == StreamState.CLOSED) {
            return;
        }
        state = state.next(Event.SEND_END);
        if (state == StreamState.CLOSED) {
            front.finished(this);
            onClosed();
        } else if (phase == StreamPhase.ANSWERED || requestUnwanted) {
            // A client that still sends may stop: nobody wants the rest (RFC 9113 section 8.1).
            reset(ErrorCode.NO_ERROR);
        }
    }

    // Answers of the proxy.

    /** Answers in the server's place, or ends what the server began; nothing when the client has its answer already. */
    void answer(StatusAnswer answer, String reason) {
        boolean responseStarted = relayed != null && relayed.hasResponseStarted();
        if (beginAnswer(answer.code(), reason)) {
            AnswerFrames.write(response, alloc(), answer, responseStarted);
        }
    }

    /** Its session may be among those that are ended; what ends work itself goes on. */
    void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
        RequestHead head = tally.head();
        RoutingDecision.Answer why = head == null || line.endsWork() ? null : sessions.get(head.session());
        if (why != null && isWanted()) {
            tally.outcome(new StreamOutcome.Cancelled());
            answer(why.answer(), why.reason());
        }
    }

    /** Somebody who does not speak gRPC gets words, once the request is complete. */
    void answerPlainText() {
        int httpStatus = line.kind() == RequestLine.Kind.NOT_POST ? 405 : 415;
        String reason = "http-" + httpStatus;
        context.watcher().clientRefused(reason);
        if (beginAnswer(StreamReport.NO_STATUS, reason)) {
            AnswerFrames.writePlainText(response, alloc(), httpStatus);
        }
    }

    private boolean beginAnswer(int status, String reason) {
        if (!isWanted() || tally.hasStatus()) {
            return false;
        }
        tally.answered(status, reason);
        takeOver();
        return true;
    }

    private void takeOver() {
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.ANSWERED);
        placement.cancel(before);
        request.stop();
        if (relayed != null) {
            relayed.abandon(ErrorCode.CANCEL);
        }
    }
}
