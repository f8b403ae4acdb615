/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.listen.ClientConnection;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.route.StatusAnswer;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client's connection. Confined to its loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class FrontConnection extends RelayConnection implements ClientConnection {
    private static final String SERVICE = "/spark.connect.SparkConnectService/";

    private final RelayContext shared;
    private final BackendPool<BackConnection> pool;
    private final Http2Connection.PropertyKey owner;
    private final Listener listener = new Listener();
    private final PingWatch pings;
    private final FrontDrain drain;
    private String remote = "?";
    private @Nullable Long clientHeaderListBytes;
    private @Nullable Future<?> headSweep;

    FrontConnection(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            RelayContext shared,
            BackendPool<BackConnection> pool) {
        super(decoder, encoder, settings, shared.limits().connectionWindowBytes());
        this.shared = shared;
        this.pool = pool;
        this.owner = connection().newKey();
        this.pings = new PingWatch(
                this, shared.limits().clientPingInterval(), shared.limits().pingTimeout());
        this.drain = new FrontDrain(this);
        connection().addListener(listener);
    }

    @Override
    Http2FrameListener frameListener() {
        return listener;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        SocketAddress address = ctx.channel().remoteAddress();
        remote = address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "?";
        super.handlerAdded(ctx);
        pings.start();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        pings.heard();
        super.channelRead(ctx, message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        pings.stop();
        drain.stop();
        if (headSweep != null) {
            headSweep.cancel(false);
        }
        super.channelInactive(ctx);
    }

    @Override
    public void drain() {
        drain.begin();
    }

    @Override
    public void cutOff() {
        openStreams().forEach(stream -> stream.answer(Answers.stopping(), "proxy-stopping"));
        drain.finish();
    }

    BackendPool<BackConnection> pool() {
        return pool;
    }

    String remoteAddress() {
        return remote;
    }

    Http2Headers fitting(Http2Headers trailers) {
        return GrpcHeaders.fitting(trailers, clientHeaderListBytes);
    }

    /** The whole answer of a stream that no server has seen. */
    void writeAnswer(Http2Stream stream, StatusAnswer answer) {
        if (stream.state() == Http2Stream.State.CLOSED) {
            return;
        }
        if (answer.code() != 0) {
            writeHeaders(stream, fitting(GrpcHeaders.addStatus(GrpcHeaders.responseHead(), answer)), true);
            return;
        }
        byte[] message = answer.responseMessage();
        ByteBuf framed = context().alloc().buffer(message.length + 5);
        framed.writeByte(0).writeInt(message.length).writeBytes(message);
        writeHeaders(stream, GrpcHeaders.responseHead(), false);
        writeData(stream, framed, false, context().newPromise());
        writeHeaders(stream, GrpcHeaders.addStatus(GrpcHeaders.trailers(), answer), true);
    }

    private void begin(Http2Stream stream, Http2Headers headers, boolean endOfStream) {
        if (!"POST".contentEquals(orEmpty(headers.method()))) {
            refuseHttp(stream, "405", endOfStream);
            return;
        }
        if (!GrpcHeaders.isGrpc(headers)) {
            refuseHttp(stream, "415", endOfStream);
            return;
        }
        String path = orEmpty(headers.path()).toString();
        boolean ours = path.startsWith(SERVICE);
        RelayedStream relayed =
                new RelayedStream(this, stream, headers, ours ? path.substring(SERVICE.length()) : path, shared);
        stream.setProperty(owner, relayed);
        if (!ours) {
            relayed.answer(Answers.unknownService(), "unknown-service");
        }
        if (endOfStream) {
            relayed.onRequestTrailers();
        } else if (ours) {
            sweepSlowHeads();
        }
    }

    private void refuseHttp(Http2Stream stream, String status, boolean endOfStream) {
        shared.watcher().clientRefused("http-" + status);
        writeHeaders(stream, new DefaultHttp2Headers(false).status(status), true);
        if (!endOfStream) {
            reset(stream, io.netty.handler.codec.http2.Http2Error.NO_ERROR.code());
        }
    }

    private static CharSequence orEmpty(@Nullable CharSequence text) {
        return text == null ? "" : text;
    }

    /** One timer per connection, running only while streams are unread: a timer per stream would cost more than the stream. */
    private void sweepSlowHeads() {
        if (headSweep == null) {
            long timeoutMs = shared.limits().requestHeadTimeout().toMillis();
            headSweep = loop().schedule(this::answerSlowHeads, Math.max(10, timeoutMs / 4), TimeUnit.MILLISECONDS);
        }
    }

    private void answerSlowHeads() {
        headSweep = null;
        long timeoutNanos = shared.limits().requestHeadTimeout().toNanos();
        for (RelayedStream stream : openStreams()) {
            if (stream.isReadingHeadFor(timeoutNanos)) {
                stream.answer(Answers.headMissing(TimeUnit.NANOSECONDS.toSeconds(timeoutNanos)), "head-timeout");
            } else if (stream.isReadingHead()) {
                sweepSlowHeads();
            }
        }
    }

    private List<RelayedStream> openStreams() {
        List<RelayedStream> open = new ArrayList<>();
        try {
            connection().forEachActiveStream(stream -> {
                RelayedStream relayed = stream.getProperty(owner);
                if (relayed != null) {
                    open.add(relayed);
                }
                return true;
            });
        } catch (io.netty.handler.codec.http2.Http2Exception e) {
            throw new IllegalStateException("the visitor throws nothing", e);
        }
        return open;
    }

    private @Nullable RelayedStream streamOf(@Nullable Http2Stream stream) {
        return stream == null ? null : stream.getProperty(owner);
    }

    private final class Listener extends Http2EventAdapter {
        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
            if (settings.maxHeaderListSize() != null) {
                clientHeaderListBytes = settings.maxHeaderListSize();
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
            Http2Stream stream = connection().stream(streamId);
            if (stream == null) {
                return;
            }
            RelayedStream known = streamOf(stream);
            if (known == null) {
                begin(stream, headers, endOfStream);
            } else if (endOfStream) {
                known.onRequestTrailers();
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
            RelayedStream stream = streamOf(connection().stream(streamId));
            int done = stream == null ? data.readableBytes() : stream.onRequestData(data, endOfStream);
            return done + padding;
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
            RelayedStream stream = streamOf(connection().stream(streamId));
            if (stream != null) {
                stream.onClientReset();
            }
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) {
            pings.onAck(data);
            drain.onAck(data);
        }

        @Override
        public void onStreamHalfClosed(Http2Stream stream) {
            RelayedStream relayed = streamOf(stream);
            if (relayed != null && stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
                relayed.onResponseDelivered();
            }
        }

        @Override
        public void onStreamClosed(Http2Stream closed) {
            RelayedStream relayed = streamOf(closed);
            if (relayed != null) {
                relayed.onFrontClosed();
            }
        }

        @Override
        public void onStreamRemoved(Http2Stream removed) {
            drain.onStreamRemoved();
        }
    }
}
