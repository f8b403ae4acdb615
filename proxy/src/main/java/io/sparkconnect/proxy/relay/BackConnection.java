/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.proxy.pool.PooledConnection;
import io.sparkconnect.proxy.route.Backend;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to a server. Carries streams of many clients of its loop. Confined to the loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class BackConnection extends RelayConnection implements PooledConnection {
    private static final Logger log = LoggerFactory.getLogger(BackConnection.class);

    /** Long before the ids run out at 2^31-1. */
    private static final int RETIRE_AT_STREAM_ID = 1 << 30;

    private final Backend backend;
    private final RelayContext shared;
    private final Life life;
    private final Http2Connection.PropertyKey owner;
    private final Listener listener = new Listener();
    private final PingWatch pings;
    private boolean greeted;
    private boolean retired;
    private boolean lost;
    private long idleSinceNanos;

    /** Told how the connection's life goes; on the loop. */
    interface Life {
        /** The server's SETTINGS came: streams may start. */
        void greeted(BackConnection connection);

        void roomMayHaveGrown(BackConnection connection);

        void closed(BackConnection connection);
    }

    BackConnection(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            Backend backend,
            RelayContext shared,
            Life life) {
        super(decoder, encoder, settings, shared.limits().connectionWindowBytes());
        this.backend = backend;
        this.shared = shared;
        this.life = life;
        this.owner = connection().newKey();
        this.pings = new PingWatch(
                this, shared.limits().backendPingInterval(), shared.limits().pingTimeout());
        this.idleSinceNanos = shared.nanoTime().getAsLong();
        connection().addListener(listener);
    }

    @Override
    Http2FrameListener frameListener() {
        return listener;
    }

    /** Starts a stream; null when the connection allows none after all. */
    @Nullable
    Http2Stream open(Http2Headers headers, boolean endOfStream, BackStream stream) {
        if (!hasRoom()) {
            return null;
        }
        int id = connection().local().incrementAndGetNextStreamId();
        if (id >= RETIRE_AT_STREAM_ID) {
            retired = true;
        }
        ChannelPromise written = context().newPromise();
        encoder().writeHeaders(context(), id, headers, 0, endOfStream, written);
        Http2Stream opened = connection().stream(id);
        if (opened == null) {
            log.warn("server={} stream={} cannot be opened", backend.serverId(), id, written.cause());
            return null;
        }
        opened.setProperty(owner, stream);
        flushSoon();
        return opened;
    }

    @Override
    public boolean hasRoom() {
        return greeted && !isRetired() && !lost && connection().local().canOpenStream();
    }

    @Override
    public boolean isRetired() {
        return retired || connection().goAwayReceived();
    }

    @Override
    public int openStreams() {
        return connection().numActiveStreams();
    }

    @Override
    public long idleSinceNanos() {
        return idleSinceNanos;
    }

    @Override
    public void retire() {
        retired = true;
        life.roomMayHaveGrown(this);
        closeIfDone();
    }

    /** Whether the connection is gone, as opposed to one of its streams. */
    boolean isLost() {
        return lost;
    }

    String lostBecause() {
        return brokenBy().isEmpty() ? "the server closed it" : brokenBy();
    }

    /** Whether the server has said that it will end. */
    boolean isGoingAway() {
        return connection().goAwayReceived();
    }

    /** Whether the server's GOAWAY says that it will never look at this stream. */
    boolean hasRefused(Http2Stream stream) {
        return connection().goAwayReceived()
                && stream.id() > connection().local().lastStreamKnownByPeer();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        pings.heard();
        super.channelRead(ctx, message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        lost = true;
        pings.stop();
        life.closed(this);
        super.channelInactive(ctx);
        if (greeted) {
            shared.watcher().serverDisconnected();
        }
    }

    private void closeIfDone() {
        if (isRetired() && connection().numActiveStreams() == 0) {
            context().channel().close();
        }
    }

    private @Nullable BackStream streamOf(@Nullable Http2Stream stream) {
        return stream == null ? null : stream.getProperty(owner);
    }

    private final class Listener extends Http2EventAdapter {
        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
            if (!greeted) {
                greeted = true;
                shared.watcher().serverConnected();
                pings.start();
                life.greeted(BackConnection.this);
            } else {
                life.roomMayHaveGrown(BackConnection.this);
            }
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx,
                int streamId,
                Http2Headers headers,
                int streamDependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean endOfStream) {
            onHeadersRead(ctx, streamId, headers, padding, endOfStream);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endOfStream) {
            BackStream stream = streamOf(connection().stream(streamId));
            if (stream != null) {
                stream.onResponseHeaders(headers, endOfStream);
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
            BackStream stream = streamOf(connection().stream(streamId));
            int done = stream == null ? data.readableBytes() : stream.onResponseData(data, endOfStream);
            return done + padding;
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
            BackStream stream = streamOf(connection().stream(streamId));
            if (stream != null) {
                stream.onServerReset(errorCode);
            }
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) {
            pings.onAck(data);
        }

        @Override
        public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
            log.info(
                    "server={} goes away: lastStream={} error={} openStreams={}",
                    backend.serverId(),
                    lastStreamId,
                    errorCode,
                    openStreams());
            life.roomMayHaveGrown(BackConnection.this);
            loop().execute(BackConnection.this::closeIfDone);
        }

        @Override
        public void onStreamClosed(Http2Stream closed) {
            BackStream stream = streamOf(closed);
            if (stream != null) {
                stream.onBackClosed(BackConnection.this);
            }
        }

        @Override
        public void onStreamRemoved(Http2Stream removed) {
            idleSinceNanos = shared.nanoTime().getAsLong();
            if (!lost) {
                life.roomMayHaveGrown(BackConnection.this);
                closeIfDone();
            }
        }
    }
}
