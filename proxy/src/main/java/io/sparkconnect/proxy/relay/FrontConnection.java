/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.listen.ClientAddress;
import io.sparkconnect.proxy.listen.ClientConnection;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection: begins, ends and refuses its streams. Confined to its loop. Frames are borrowed from the reader; what is
 * kept of them, a stream's {@link Flow} or {@link Placement} keeps.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class FrontConnection extends Hop<FrontStream> implements ClientConnection {
    private static final Logger log = LoggerFactory.getLogger(FrontConnection.class);

    private final BackendPool<BackConnection> pool;
    private final Set<FrontConnection> fronts;
    private final ClientGreeting greeting;
    private final ClientStreamIds ids;
    private final UnusableHeaders unusable;
    private final FrontDrain drain = new FrontDrain(this);
    private final ClientIdleness idleness;
    private String remote = "?";
    private long waitingAtLastLook;

    /** @param fronts the loop's connections, this one among them while it is open */
    FrontConnection(
            EngineContext context, LoopFlusher flusher, BackendPool<BackConnection> pool, Set<FrontConnection> fronts) {
        super(
                context,
                flusher,
                context.limits().clients(),
                context.limits().towardsClients(),
                new Liveness(
                        context.limits().clientPingInterval(),
                        context.limits().pingTimeout(),
                        context.limits().headTimeout()));
        this.pool = pool;
        this.fronts = fronts;
        this.ids = new ClientStreamIds(guard.limits().maxConcurrentStreams());
        this.unusable = new UnusableHeaders(this, ids);
        this.idleness = new ClientIdleness(
                context.limits().firstRequestTimeout(), context.limits().idleTimeout());
        this.greeting =
                new ClientGreeting(this, context.limits().prefaceTimeout().toMillis());
    }

    BackendPool<BackConnection> pool() {
        return pool;
    }

    // Life.

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        remote = ClientAddress.of(ctx.channel());
        fronts.add(this);
        ctx.channel().closeFuture().addListener(closed -> fronts.remove(this));
        super.handlerAdded(ctx);
    }

    @Override
    void writeBeginning(ByteBuf out) {}

    @Override
    void onStarted() {
        greeting.await();
    }

    @Override
    boolean readBeginning(ByteBuf in) throws ConnectionErrorException {
        return greeting.read(in);
    }

    @Override
    void onPeerSettings() {
        greeting.isOver();
    }

    @Override
    void onGone(String cause) {
        greeting.isOver();
        drain.stop();
        closing(cause);
    }

    @Override
    void closing(String why) {
        streamsNow().forEach(FrontStream::onClientGone);
        streams.clear();
    }

    @Override
    public void drain() {
        drain.begin();
    }

    /** Now and then. Whoever asks for nothing is sent away politely: a client that was only idle connects anew when it asks. */
    void onIdleLook(Duration sinceLast) {
        if (isClosing() || drain.hasBegun()) {
            return;
        }
        Limit reached = idleness.look(sinceLast, ids.last(), hasStreams());
        if (reached != null) {
            log.debug("client={} asked for nothing for too long: limit {}", remote, reached);
            guard.hit(reached);
            drain.begin();
        }
    }

    /** Whether much waits for its socket, which has taken nothing since this was last asked. */
    boolean isDeaf() {
        long waiting = outlet().waitingBytes();
        boolean deaf = waiting > BufferedBytes.LITTLE && waiting == waitingAtLastLook;
        waitingAtLastLook = waiting;
        return deaf;
    }

    /** Nothing can be said to it. */
    void cutDeaf() {
        guard.hit(Limit.UNREAD_BYTES);
        fail(ErrorCode.ENHANCE_YOUR_CALM, "limit UNREAD_BYTES: " + waitingAtLastLook + " bytes that it does not read");
    }

    @Override
    public void cutOff() {
        streamsNow().forEach(stream -> stream.answer(Answers.stopping(), "proxy-stopping"));
        drain.finish();
    }

    /** Answers the open streams of these sessions. */
    void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
        streamsNow().forEach(stream -> stream.own().cut(sessions));
    }

    /** From now on new streams are ignored: the client knows, and sends them elsewhere. Returns the last one that counts. */
    int refuseNewStreams() {
        return ids.refuseNew();
    }

    @Override
    int lastPeerStreamId() {
        return ids.last();
    }

    @Override
    String describe() {
        return remote;
    }

    // Frames.

    @Override
    public void onHeaders(int streamId, ByteBuf block, boolean endStream, boolean selfDependent)
            throws ConnectionErrorException {
        HeaderList list = null;
        StreamErrorException malformed = null;
        try {
            list = decoder.decode(streamId, block);
        } catch (StreamErrorException e) {
            malformed = e;
        }
        if (selfDependent) {
            malformed = new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "stream depends on itself");
        }
        FrontStream known = streams.get(streamId);
        if (known == null && !ids.begins(streamId)) {
            return;
        }
        try {
            if (malformed != null || list == null) {
                unusable.refuse(streamId, known, malformed, endStream);
            } else if (known != null) {
                UnusableHeaders.requireTrailers(known, list, endStream);
                known.onRequestTrailers(list);
            } else {
                open(streamId, list, endStream);
            }
        } catch (StreamErrorException e) {
            onStreamError(streamId, e.code(), String.valueOf(e.getMessage()));
        }
    }

    private void open(int streamId, HeaderList list, boolean endStream)
            throws StreamErrorException, ConnectionErrorException {
        if (streams.size() >= guard.limits().maxConcurrentStreams()) {
            guard.hit(Limit.CONCURRENT_STREAMS);
            throw new StreamErrorException(ErrorCode.REFUSED_STREAM, "limit CONCURRENT_STREAMS");
        }
        RequestLine line = RequestLine.of(list, context.router());
        if (endStream && line.contentLength() > 0) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "content-length without content");
        }
        FrontStream stream = new FrontStream(context, this, streamId, list, line);
        streams.put(streamId, stream);
        liveness().watch(this);
        stream.onRequestHeaders(endStream);
    }

    @Override
    public void onData(int streamId, ByteBuf frame, int at, int length, int flowControlled, boolean endStream)
            throws ConnectionErrorException {
        receiveOnConnection(flowControlled);
        FrontStream stream = streams.get(streamId);
        if (stream == null) {
            onLateData(streamId);
            return;
        }
        try {
            if (!stream.mayReceive()) {
                throw new StreamErrorException(ErrorCode.STREAM_CLOSED, "DATA behind the request's end");
            }
            stream.onRequestData(frame, at, length, flowControlled, endStream);
        } catch (StreamErrorException e) {
            if (e.code() == ErrorCode.FLOW_CONTROL_ERROR) {
                guard.hit(Limit.FLOW_CONTROL);
            }
            onStreamError(streamId, e.code(), String.valueOf(e.getMessage()));
        }
    }

    private void onLateData(int streamId) throws ConnectionErrorException {
        if (!ids.ignoresData(streamId)) {
            onStreamError(streamId, ErrorCode.STREAM_CLOSED, "DATA behind the stream's end");
        }
    }

    @Override
    public void onRstStream(int streamId, long errorCode) throws ConnectionErrorException {
        FrontStream stream = streams.get(streamId);
        if (stream != null || !ids.excusesReset(streamId)) {
            guard.resetReceived();
        }
        if (stream != null) {
            streams.remove(streamId);
            ids.finished(streamId);
            context.watcher().reset("client");
            stream.onClientGone();
            drain.onStreamEnded();
        }
    }

    @Override
    void widenStream(int streamId, int increment) throws ConnectionErrorException {
        FrontStream stream = streams.get(streamId);
        if (stream == null) {
            ids.requireNotIdle(streamId, "WINDOW_UPDATE");
        } else if (!stream.responseFlow().widen(increment)) {
            guard.hit(Limit.FLOW_CONTROL);
            onStreamError(streamId, ErrorCode.FLOW_CONTROL_ERROR, "window beyond 2^31-1");
        }
    }

    @Override
    boolean widenStreams(int delta) {
        boolean fits = true;
        for (FrontStream stream : streamsNow()) {
            fits &= stream.responseFlow().widen(delta);
        }
        return fits;
    }

    @Override
    public void onGoAway(int lastStreamId, long errorCode) {
        log.debug("client={} goes away: error={} openStreams={}", remote, errorCode, streams.size());
    }

    @Override
    void onPingAck(long payload) {
        drain.onAck(payload);
    }

    @Override
    public void onStreamError(int streamId, ErrorCode code, String message) throws ConnectionErrorException {
        log.debug("client={} stream={} reset with {}: {}", remote, streamId, code, message);
        guard.resetSent();
        outlet().rstStream(streamId, code);
        ids.resetByUs(streamId);
        FrontStream stream = streams.remove(streamId);
        if (stream != null) {
            stream.onClientGone();
            drain.onStreamEnded();
        }
    }

    // What streams tell.

    /** Both sides have ended it. */
    void finished(FrontStream stream) {
        streams.remove(stream.id());
        ids.finished(stream.id());
        drain.onStreamEnded();
    }

    void reset(FrontStream stream, ErrorCode code) {
        streams.remove(stream.id());
        ids.resetByUs(stream.id());
        outlet().rstStream(stream.id(), code);
        drain.onStreamEnded();
    }

    @Override
    void onTick() {
        long timeoutNanos = context.limits().headTimeout().toNanos();
        for (FrontStream stream : streamsNow()) {
            if (stream.isReadingHeadFor(timeoutNanos)) {
                guard.hit(Limit.HEAD_TIME);
                stream.answer(Answers.headMissing(TimeUnit.NANOSECONDS.toSeconds(timeoutNanos)), "head-timeout");
            }
        }
    }
}
