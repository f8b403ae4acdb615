/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.h2.StreamState;
import io.sparkconnect.proxy.h2.StreamState.Event;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
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
    private final AnnouncedLength announced;
    private final StreamTally tally;
    private final Placement placement;
    private final Flow request;
    private final Flow response;
    private final OwnAnswer own;
    private StreamState state = StreamState.IDLE.next(Event.HEADERS);
    private StreamPhase phase = StreamPhase.READING_HEAD;
    private boolean requestUnwanted;

    private @Nullable RelayedStream relayed;

    FrontStream(EngineContext context, FrontConnection front, int id, HeaderList requestHeaders, RequestLine line) {
        this.context = context;
        this.front = front;
        this.id = id;
        this.announced = new AnnouncedLength(line.contentLength());
        this.tally = new StreamTally(context, front.describe(), line.method());
        this.placement = new Placement(context, this, requestHeaders, line);
        this.request = new Flow(this);
        this.response = new Flow(this);
        this.own = new OwnAnswer(context, this, line);
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
            own.giveUp();
        }
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
        own.give(answer, reason);
    }

    OwnAnswer own() {
        return own;
    }

    boolean isClosed() {
        return state == StreamState.CLOSED;
    }

    boolean hasResponseStarted() {
        return relayed != null && relayed.hasResponseStarted();
    }

    /** What the server says does not go to the client any more, and what the client says goes nowhere. */
    void takeOver() {
        StreamPhase before = phase;
        phase = phase.to(StreamPhase.ANSWERED);
        placement.cancel(before);
        request.stop();
        if (relayed != null) {
            relayed.abandon(ErrorCode.CANCEL);
        }
    }
}
