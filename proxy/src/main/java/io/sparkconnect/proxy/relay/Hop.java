/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.collection.IntObjectHashMap;
import io.sparkconnect.proxy.h2.AbuseGuard;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.CreditWindow;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FrameListener;
import io.sparkconnect.proxy.h2.FrameReader;
import io.sparkconnect.proxy.h2.HeaderDecoder;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.LocalSettings;
import io.sparkconnect.proxy.h2.PeerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection, to a client or to a server: what both have in common. The last handler of its channel's pipeline.
 * Confined to its loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
abstract class Hop<S> extends ChannelInboundHandlerAdapter implements FrameListener {
    private static final Logger log = LoggerFactory.getLogger(Hop.class);

    /** After GOAWAY the peer gets this long to read it: closing with unread bytes would send a RST that overtakes it. */
    private static final long LAST_WORDS_MS = 200;

    final EngineContext context;
    final AbuseGuard guard;
    final HeaderDecoder decoder;
    final PeerSettings peer = new PeerSettings();
    final IntObjectHashMap<S> streams = new IntObjectHashMap<>(4);

    private final LoopFlusher flusher;
    private final LocalSettings local;
    private final CreditWindow connectionCredit;
    private final Liveness liveness;
    private final UnearnedRate pings;
    private final UnearnedRate windowUpdates;
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable Outlet outlet;
    private @Nullable FrameReader reader;
    private boolean started;
    private boolean closing;
    private boolean gone;
    private @Nullable String goneCause;

    Hop(EngineContext context, LoopFlusher flusher, AbuseLimits limits, LocalSettings local, Liveness liveness) {
        this.context = context;
        this.flusher = flusher;
        this.local = local;
        this.liveness = liveness;
        this.guard = new AbuseGuard(limits, context.counters(), context.nanoTime());
        this.pings = new UnearnedRate(guard::ping);
        this.windowUpdates = new UnearnedRate(guard::windowUpdate);
        this.decoder = new HeaderDecoder(guard);
        this.connectionCredit = new CreditWindow(local.connectionWindow());
    }

    // What the two kinds of connection do in their own way.

    /** Written before our SETTINGS. */
    abstract void writeBeginning(ByteBuf out);

    /** Takes what comes before frames off the front. Returns false when the rest must not be read as frames yet. */
    abstract boolean readBeginning(ByteBuf in) throws ConnectionErrorException;

    abstract void onPeerSettings();

    /** Adds to the send window of one stream towards this peer. */
    abstract void widenStream(int streamId, int increment) throws ConnectionErrorException;

    /** Adds to the send window of every stream towards this peer. Returns false beyond 2^31-1. */
    abstract boolean widenStreams(int delta);

    /** The connection is gone; its streams are told. */
    abstract void onGone(String cause);

    abstract void onPingAck(long payload);

    /** The highest stream of the peer that we have looked at, for GOAWAY. */
    abstract int lastPeerStreamId();

    /** For log lines. */
    abstract String describe();

    // Life.

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        outlet = new Outlet(context, flusher, peer, this::onControlWaiting);
        reader = new FrameReader(context.alloc(), local.maxFrameSize(), guard, this);
        reader.expectSettingsFirst();
        if (context.channel().isActive()) {
            start();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        start();
        super.channelActive(context);
    }

    private void start() {
        if (started) {
            return;
        }
        started = true;
        ByteBuf out = outlet().beginning();
        writeBeginning(out);
        local.write(out);
        onStarted();
    }

    void onStarted() {}

    /** Now and then while streams are open. */
    void onTick() {}

    /** A frame or header block has been on its way for too long. */
    void onFrameTooSlow() {
        guard.hit(Limit.FRAME_TIME);
        fail(ErrorCode.ENHANCE_YOUR_CALM, "limit FRAME_TIME: a frame that does not come to its end");
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        gone("connection closed");
        super.channelInactive(context);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        gone("handler removed");
    }

    private void gone(String cause) {
        if (gone) {
            return;
        }
        gone = true;
        closing = true;
        liveness.stop();
        reader().close();
        onGone(goneCause == null ? cause : goneCause);
        outlet().close();
    }

    boolean isGone() {
        return gone;
    }

    /** Ends the connection because the peer broke the protocol or exceeded a limit. Strangers must not fill the log with it. */
    void fail(ErrorCode code, String why) {
        if (closing) {
            return;
        }
        context.failures().connectionEnded(this, code, why);
        close(code, why);
    }

    /** GOAWAY, and the close a little later. */
    void close(ErrorCode code, String why) {
        if (closing) {
            return;
        }
        closing = true;
        goneCause = why;
        outlet().goAway(lastPeerStreamId(), code);
        outlet().flush();
        ChannelHandlerContext context = ctx();
        context.executor()
                .schedule(
                        () -> {
                            context.close();
                        },
                        LAST_WORDS_MS,
                        TimeUnit.MILLISECONDS);
        closing(why);
    }

    /** GOAWAY was written; nothing is read any more. */
    void closing(String why) {}

    boolean isClosing() {
        return closing;
    }

    // Reading.

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (closing) {
            in.release();
            return;
        }
        liveness.heard();
        try {
            if (readBeginning(in)) {
                reader().read(in);
            } else {
                in.release();
            }
            checkControlWaiting();
            if (reader().inMidFrame()) {
                liveness.watch(this);
            }
        } catch (ConnectionErrorException e) {
            fail(e.code(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            log.error("{} ended by our own mistake", describe(), e);
            close(ErrorCode.INTERNAL_ERROR, "internal error");
        }
    }

    private void checkControlWaiting() throws ConnectionErrorException {
        guard.controlFramesQueued(outlet().controlFramesWaiting(), outlet().controlBytesWaiting());
    }

    private void onControlWaiting() {
        try {
            checkControlWaiting();
        } catch (ConnectionErrorException e) {
            fail(e.code(), String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            outlet().resume();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            goneCause = String.valueOf(cause.getMessage());
            log.debug("{} broke", describe(), cause);
        } else {
            log.error("{} ended by our own mistake", describe(), cause);
        }
        context.close();
    }

    /** Takes the frame off the connection's window and gives it back at once: no stream holds up another. */
    void receiveOnConnection(int flowControlled) throws ConnectionErrorException {
        if (!connectionCredit.receive(flowControlled)) {
            guard.hit(Limit.FLOW_CONTROL);
            throw new ConnectionErrorException(ErrorCode.FLOW_CONTROL_ERROR, "data beyond the connection's window");
        }
        int increment = connectionCredit.release(flowControlled);
        if (increment > 0) {
            outlet().windowUpdate(0, increment);
        }
    }

    @Override
    public void onSettings(ByteBuf entries) throws ConnectionErrorException {
        int before = peer.initialWindowSize();
        peer.apply(entries, local.asClient());
        outlet().peerSettingsChanged();
        outlet().settingsAck();
        int delta = peer.initialWindowSize() - before;
        if (delta != 0 && !widenStreams(delta)) {
            guard.hit(Limit.FLOW_CONTROL);
            throw new ConnectionErrorException(ErrorCode.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE overflows a stream");
        }
        onPeerSettings();
    }

    @Override
    public void onSettingsAck() {}

    @Override
    public void onPing(long payload, boolean ack) throws ConnectionErrorException {
        if (ack) {
            liveness.onAck(payload);
            onPingAck(payload);
            return;
        }
        pings.received(outlet().dataFrames());
        outlet().ping(payload, true);
    }

    @Override
    public final void onWindowUpdate(int streamId, int increment) throws ConnectionErrorException {
        windowUpdates.received(outlet().dataFrames());
        if (streamId == 0) {
            creditConnection(increment);
        } else {
            widenStream(streamId, increment);
        }
    }

    private void creditConnection(int increment) throws ConnectionErrorException {
        if (!outlet().credit(increment)) {
            guard.hit(Limit.FLOW_CONTROL);
            throw new ConnectionErrorException(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window beyond 2^31-1");
        }
    }

    @Override
    public void onPriority(int streamId) {}

    // For streams.

    Outlet outlet() {
        return requireNonNull(outlet);
    }

    ChannelHandlerContext ctx() {
        return requireNonNull(ctx);
    }

    FrameReader reader() {
        return requireNonNull(reader);
    }

    Liveness liveness() {
        return liveness;
    }

    /** A copy, because telling a stream of its end removes it. */
    List<S> streamsNow() {
        return new ArrayList<>(streams.values());
    }
}
