/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.ClientPreface;
import io.sparkconnect.proxy.h2.ClosedStreams;
import io.sparkconnect.proxy.h2.ClosedStreams.Ending;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.RequestRules;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.listen.ClientConnection;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.route.StatusAnswer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's connection. Confined to its loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class FrontConnection extends Hop<StreamPair> implements ClientConnection {
    private static final Logger log = LoggerFactory.getLogger(FrontConnection.class);

    private static final int REMEMBERED_STREAMS = 100;

    private final BackendPool<BackConnection> pool;
    private final ClientPreface preface = new ClientPreface();
    private final ClosedStreams closed = new ClosedStreams(REMEMBERED_STREAMS);
    private final FrontDrain drain = new FrontDrain(this);
    private String remote = "?";
    private int lastStreamId;
    private boolean refusesNewStreams;
    private @Nullable Future<?> settingsDeadline;

    FrontConnection(EngineContext context, LoopFlusher flusher, BackendPool<BackConnection> pool) {
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
    }

    BackendPool<BackConnection> pool() {
        return pool;
    }

    // Life.

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        SocketAddress address = ctx.channel().remoteAddress();
        if (address instanceof InetSocketAddress inet) {
            remote = inet.getAddress().getHostAddress() + ":" + inet.getPort();
        }
        super.handlerAdded(ctx);
    }

    @Override
    void writeBeginning(ByteBuf out) {}

    @Override
    boolean readBeginning(ByteBuf in) throws ConnectionErrorException {
        if (!preface.isComplete()) {
            if (settingsDeadline == null) {
                long timeoutMs = context.limits().prefaceTimeout().toMillis();
                settingsDeadline = ctx().executor().schedule(this::onNoSettings, timeoutMs, TimeUnit.MILLISECONDS);
            }
            if (!preface.match(in)) {
                throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "no HTTP/2 preface");
            }
        }
        return preface.isComplete();
    }

    private void onNoSettings() {
        guard.hit(Limit.PREFACE_TIME);
        fail(ErrorCode.SETTINGS_TIMEOUT, "limit PREFACE_TIME: no SETTINGS");
    }

    @Override
    void onPeerSettings() {
        if (settingsDeadline != null) {
            settingsDeadline.cancel(false);
        }
    }

    @Override
    void onGone(String cause) {
        if (settingsDeadline != null) {
            settingsDeadline.cancel(false);
        }
        drain.stop();
        closing();
    }

    @Override
    void closing() {
        streamsNow().forEach(StreamPair::onClientGone);
        streams.clear();
    }

    @Override
    public void drain() {
        drain.begin();
    }

    @Override
    public void cutOff() {
        streamsNow().forEach(stream -> stream.answer(Answers.stopping(), "proxy-stopping"));
        drain.finish();
    }

    /** From now on new streams are ignored: the client knows, and sends them elsewhere. Returns the last one that counts. */
    int refuseNewStreams() {
        refusesNewStreams = true;
        return lastStreamId;
    }

    @Override
    int lastPeerStreamId() {
        return lastStreamId;
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
        StreamPair known = streams.get(streamId);
        if (known == null && !isNew(streamId)) {
            return;
        }
        try {
            if (malformed != null || list == null) {
                refuseMalformed(streamId, known, malformed, endStream);
            } else if (known != null) {
                trailers(known, list, endStream);
            } else {
                open(streamId, list, endStream);
            }
        } catch (StreamErrorException e) {
            onStreamError(streamId, e.code(), String.valueOf(e.getMessage()));
        }
    }

    /** Sorts late and impossible HEADERS out; a new stream's id is the last one from now on. */
    private boolean isNew(int streamId) throws ConnectionErrorException {
        if ((streamId & 1) == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "stream " + streamId + " (expected: odd)");
        }
        if (streamId > lastStreamId) {
            lastStreamId = refusesNewStreams ? lastStreamId : streamId;
            if (refusesNewStreams) {
                closed.add(streamId, Ending.RESET_BY_US);
            }
            return !refusesNewStreams;
        }
        switch (closed.of(streamId)) {
            case RESET_BY_US -> {}
            case FINISHED ->
                throw new ConnectionErrorException(
                        ErrorCode.STREAM_CLOSED, "HEADERS on stream " + streamId + ", which has ended");
            case UNKNOWN ->
                throw new ConnectionErrorException(
                        ErrorCode.PROTOCOL_ERROR, "stream " + streamId + " after " + lastStreamId);
        }
        return false;
    }

    private void open(int streamId, HeaderList list, boolean endStream)
            throws StreamErrorException, ConnectionErrorException {
        if (streams.size() >= guard.limits().maxConcurrentStreams()) {
            guard.hit(Limit.CONCURRENT_STREAMS);
            throw new StreamErrorException(ErrorCode.REFUSED_STREAM, "limit CONCURRENT_STREAMS");
        }
        RequestLine line = RequestLine.of(list);
        if (endStream && line.contentLength() > 0) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "content-length without content");
        }
        StreamPair stream = new StreamPair(context, this, streamId, list, line);
        streams.put(streamId, stream);
        liveness().watch(this);
        stream.onRequestHeaders(endStream);
    }

    private static void trailers(StreamPair stream, HeaderList list, boolean endStream) throws StreamErrorException {
        if (!stream.mayReceive()) {
            throw new StreamErrorException(ErrorCode.STREAM_CLOSED, "HEADERS behind the request's end");
        }
        if (!endStream) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "trailers without END_STREAM");
        }
        RequestRules.checkTrailers(list.fields());
        stream.onRequestTrailers(list);
    }

    private void refuseMalformed(
            int streamId, @Nullable StreamPair known, @Nullable StreamErrorException why, boolean endStream)
            throws StreamErrorException {
        if (why == null) {
            return;
        }
        if (known != null || why.code() != ErrorCode.ENHANCE_YOUR_CALM) {
            throw why;
        }
        // Too large is an honest mistake, and deserves words.
        StatusAnswer answer = Answers.headersTooLarge(guard.limits().maxHeaderListBytes());
        outlet().headers(streamId, GrpcHeaders.trailersOnly(answer), true);
        if (!endStream) {
            outlet().rstStream(streamId, ErrorCode.NO_ERROR);
        }
        closed.add(streamId, endStream ? Ending.FINISHED : Ending.RESET_BY_US);
    }

    @Override
    public void onData(int streamId, ByteBuf frame, int at, int length, int flowControlled, boolean endStream)
            throws ConnectionErrorException {
        receiveOnConnection(flowControlled);
        StreamPair stream = streams.get(streamId);
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
        if (closed.of(streamId) == Ending.RESET_BY_US) {
            return;
        }
        requireNotIdle(streamId, "DATA");
        onStreamError(streamId, ErrorCode.STREAM_CLOSED, "DATA behind the stream's end");
    }

    @Override
    public void onRstStream(int streamId, long errorCode) throws ConnectionErrorException {
        requireNotIdle(streamId, "RST_STREAM");
        guard.resetReceived();
        StreamPair stream = streams.remove(streamId);
        if (stream != null) {
            closed.add(streamId, Ending.FINISHED);
            context.watcher().reset("client");
            stream.onClientGone();
            drain.onStreamEnded();
        }
    }

    @Override
    public void onWindowUpdate(int streamId, int increment) throws ConnectionErrorException {
        if (streamId == 0) {
            creditConnection(increment);
            return;
        }
        StreamPair stream = streams.get(streamId);
        if (stream == null) {
            requireNotIdle(streamId, "WINDOW_UPDATE");
        } else if (!stream.responseFlow().widen(increment)) {
            guard.hit(Limit.FLOW_CONTROL);
            onStreamError(streamId, ErrorCode.FLOW_CONTROL_ERROR, "window beyond 2^31-1");
        }
    }

    private void requireNotIdle(int streamId, String frame) throws ConnectionErrorException {
        if (streamId > lastStreamId || (streamId & 1) == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, frame + " on idle stream " + streamId);
        }
    }

    @Override
    boolean widenStreams(int delta) {
        boolean fits = true;
        for (StreamPair stream : streamsNow()) {
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
        closed.add(streamId, Ending.RESET_BY_US);
        StreamPair stream = streams.remove(streamId);
        if (stream != null) {
            stream.onClientGone();
            drain.onStreamEnded();
        }
    }

    // What streams tell.

    /** Both sides have ended it. */
    void finished(StreamPair stream) {
        streams.remove(stream.frontId());
        closed.add(stream.frontId(), Ending.FINISHED);
        drain.onStreamEnded();
    }

    void reset(StreamPair stream, ErrorCode code) {
        streams.remove(stream.frontId());
        closed.add(stream.frontId(), Ending.RESET_BY_US);
        outlet().rstStream(stream.frontId(), code);
        drain.onStreamEnded();
    }

    @Override
    void onTick() {
        long timeoutNanos = context.limits().headTimeout().toNanos();
        for (StreamPair stream : streamsNow()) {
            if (stream.isReadingHeadFor(timeoutNanos)) {
                guard.hit(Limit.HEAD_TIME);
                stream.answer(Answers.headMissing(TimeUnit.NANOSECONDS.toSeconds(timeoutNanos)), "head-timeout");
            }
        }
    }
}
