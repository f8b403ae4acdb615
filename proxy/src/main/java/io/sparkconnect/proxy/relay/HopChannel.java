/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.sparkconnect.proxy.h2.AbuseGuard;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FrameListener;
import io.sparkconnect.proxy.h2.FrameReader;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.LocalSettings;
import io.sparkconnect.proxy.h2.PeerSettings;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channel of one HTTP/2 connection: how it begins, is read, and ends. The last handler of its pipeline. Confined to its
 * loop. What is read is the {@link FrameReader}'s until that shows it, what is written the {@link Outlet}'s.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
abstract class HopChannel extends ChannelInboundHandlerAdapter implements FrameListener {
    private static final Logger log = LoggerFactory.getLogger(HopChannel.class);

    /** After GOAWAY the peer gets this long to read it: closing with unread bytes would send a RST that overtakes it. */
    private static final long LAST_WORDS_MS = 200;

    final EngineContext context;
    final AbuseGuard guard;
    final PeerSettings peer = new PeerSettings();
    final LocalSettings local;

    private final LoopFlusher flusher;
    private final Liveness liveness;
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable Outlet outlet;
    private @Nullable FrameReader reader;
    private boolean started;
    private boolean closing;
    private boolean gone;
    private @Nullable String goneCause;

    HopChannel(EngineContext context, LoopFlusher flusher, AbuseLimits limits, LocalSettings local, Liveness liveness) {
        this.context = context;
        this.flusher = flusher;
        this.local = local;
        this.liveness = liveness;
        this.guard = new AbuseGuard(limits, context.counters(), context.nanoTime());
    }

    // What the two kinds of connection do in their own way.

    /** Written before our SETTINGS. */
    abstract void writeBeginning(ByteBuf out);

    /** Takes what comes before frames off the front. Returns false when the rest must not be read as frames yet. */
    abstract boolean readBeginning(ByteBuf in) throws ConnectionErrorException;

    /** The connection is gone; its streams are told. */
    abstract void onGone(String cause);

    /** The highest stream of the peer that we have looked at, for GOAWAY. */
    abstract int lastPeerStreamId();

    abstract boolean hasStreams();

    /** For log lines. */
    abstract String describe();

    // Life.

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        outlet = new Outlet(context, flusher, this.context.buffered(), peer, this::onControlWaiting);
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
        if (!isClosing()) {
            guard.controlFramesQueued(outlet().controlFramesWaiting(), outlet().controlBytesWaiting());
        }
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

    // For those who write to it and look after it.

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
}
