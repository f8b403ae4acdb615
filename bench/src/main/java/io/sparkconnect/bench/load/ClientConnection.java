/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.bench.wire.Transport;
import org.jspecify.annotations.Nullable;

/** One HTTP/2 connection of a client. Everything on its event loop. */
final class ClientConnection extends Http2FrameAdapter {
    private static final int CONNECTION_WINDOW = 4 << 20;

    private final Channel channel;
    private final Http2ConnectionHandler handler;
    private final Http2Connection.PropertyKey callKey;
    private final boolean sessionHeader;
    private @Nullable ChannelHandlerContext context;

    private ClientConnection(Channel channel, boolean sessionHeader) {
        this.channel = channel;
        this.sessionHeader = sessionHeader;
        this.handler = Transport.client(this);
        this.callKey = handler.connection().newKey();
        handler.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                end(stream, null, "the stream or its connection was closed");
            }
        });
        handler.connection().remote().flowController().listener(this::writabilityChanged);
    }

    /** Puts the conversation into the pipeline of a channel that is not yet connected. */
    static ClientConnection on(Channel channel, boolean sessionHeader) {
        Transport.prepare(channel);
        ClientConnection connection = new ClientConnection(channel, sessionHeader);
        channel.pipeline().addLast(connection.handler, Transport.quietAboutResets());
        return connection;
    }

    /** To be called once, when the channel is connected. */
    void connected() {
        context = channel.pipeline().context(handler);
        Transport.widenConnectionWindow(handler, CONNECTION_WINDOW);
    }

    EventLoop loop() {
        return channel.eventLoop();
    }

    boolean isOpen() {
        return channel.isActive() && context != null;
    }

    /** Sends a call; whoever starts one outside of a read flushes afterwards. */
    @SuppressWarnings("FutureReturnValueIgnored") // A failed write resets the stream, and the call ends with that.
    void send(Call call) {
        ChannelHandlerContext ctx = context;
        if (ctx == null || !channel.isActive()) {
            call.begin();
            call.end(null, "the connection is closed");
            return;
        }
        call.begin();
        int id = handler.connection().local().incrementAndGetNextStreamId();
        Http2Headers headers = sessionHeader
                ? call.method().headers(call.session)
                : call.method().headers();
        handler.encoder().writeHeaders(ctx, id, headers, 0, false, ctx.newPromise());
        Http2Stream stream = handler.connection().stream(id);
        if (stream == null) {
            call.end(null, "the connection takes no further stream");
            return;
        }
        stream.setProperty(callKey, call);
        call.writeRequest(ctx, handler.encoder(), stream);
    }

    void flush() {
        if (context != null) {
            handler.flush(context);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Nothing is left to do when closing fails.
    void close() {
        channel.close();
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
            boolean endStream) {
        onHeadersRead(ctx, streamId, headers, padding, endStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endStream) {
        if (endStream) {
            CharSequence status = headers.get("grpc-status");
            end(handler.connection().stream(streamId), status == null ? "missing" : status, null);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        Http2Stream stream = handler.connection().stream(streamId);
        Call call = stream.getProperty(callKey);
        if (call != null) {
            try {
                call.reader.read(data);
            } catch (IllegalArgumentException e) {
                call.wrong(String.valueOf(e.getMessage()));
                throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, e, "not an answer of the bench");
            }
            if (endOfStream) {
                end(stream, null, "DATA ended the stream in place of trailers");
            }
        }
        return data.readableBytes() + padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
        end(handler.connection().stream(streamId), null, "RST_STREAM, error code " + errorCode);
    }

    private void end(@Nullable Http2Stream stream, @Nullable CharSequence status, @Nullable String broken) {
        Call call = stream == null ? null : stream.removeProperty(callKey);
        if (call != null) {
            call.end(status, broken);
        }
    }

    private void writabilityChanged(Http2Stream stream) {
        Call call = stream.getProperty(callKey);
        if (call != null && call.proceed()) {
            // Not now: this may be called from within a flush.
            loop().execute(this::flush);
        }
    }
}
