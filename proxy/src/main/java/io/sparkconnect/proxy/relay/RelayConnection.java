/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What both sides of the relay have in common. Confined to its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
abstract class RelayConnection extends Http2ConnectionHandler {
    private static final Logger log = LoggerFactory.getLogger(RelayConnection.class);

    private final int connectionWindowBytes;
    private @Nullable ChannelHandlerContext context;
    private boolean windowIsWide;
    private boolean flushIsDue;
    private String brokenBy = "";

    RelayConnection(
            Http2ConnectionDecoder decoder,
            Http2ConnectionEncoder encoder,
            Http2Settings settings,
            int connectionWindowBytes) {
        super(decoder, encoder, settings);
        this.connectionWindowBytes = connectionWindowBytes;
    }

    abstract Http2FrameListener frameListener();

    final ChannelHandlerContext context() {
        return requireNonNull(context, "context: null (expected: used only after the handler was added)");
    }

    final EventLoop loop() {
        return context().channel().eventLoop();
    }

    /** Why the connection broke, in words for logs and users; empty when the peer just closed it. */
    final String brokenBy() {
        return brokenBy;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        this.context = ctx;
        super.handlerAdded(ctx);
        widenWindow(ctx);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        super.channelActive(ctx);
        widenWindow(ctx);
    }

    private void widenWindow(ChannelHandlerContext ctx) throws Http2Exception {
        if (!windowIsWide && ctx.channel().isActive()) {
            windowIsWide = true;
            decoder()
                    .flowController()
                    .incrementWindowSize(
                            connection().connectionStream(),
                            connectionWindowBytes - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
            flush(ctx);
        }
    }

    /** The buffer's ownership passes to Netty; the promise is done when the bytes have left or never will. */
    final void writeData(Http2Stream stream, ByteBuf data, boolean endOfStream, ChannelPromise promise) {
        encoder().writeData(context(), stream.id(), data, 0, endOfStream, promise);
        flushSoon();
    }

    /** Leaves after the stream's DATA that was written before. */
    final void writeHeaders(Http2Stream stream, Http2Headers headers, boolean endOfStream) {
        encoder()
                .writeHeaders(
                        context(),
                        stream.id(),
                        headers,
                        0,
                        endOfStream,
                        context().newPromise());
        flushSoon();
    }

    final void reset(Http2Stream stream, long errorCode) {
        if (stream.state() != Http2Stream.State.CLOSED) {
            resetStream(context(), stream.id(), errorCode, context().newPromise());
            flushSoon();
        }
    }

    /** Lets the peer send that many more bytes on this stream: what it had sent is off our hands. */
    final void credit(Http2Stream stream, int bytes) {
        if (bytes == 0 || stream.state() == Http2Stream.State.CLOSED) {
            return;
        }
        try {
            if (decoder().flowController().consumeBytes(stream, bytes)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    /** Makes the stream's window larger than its connection's initial one. */
    final void widen(Http2Stream stream, int bytes) {
        if (bytes <= 0 || stream.state() == Http2Stream.State.CLOSED) {
            return;
        }
        try {
            decoder().flowController().incrementWindowSize(stream, bytes);
            flushSoon();
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    /** One flush at the end of this turn of the loop, whoever asks and how often. */
    final void flushSoon() {
        if (!flushIsDue) {
            flushIsDue = true;
            loop().execute(this::flushNow);
        }
    }

    private void flushNow() {
        flushIsDue = false;
        flush(context());
    }

    final void sendGoAway(int lastStreamId, Http2Error error) {
        goAway(
                context(),
                lastStreamId,
                error.code(),
                Unpooled.EMPTY_BUFFER,
                context().newPromise());
        flushSoon();
    }

    /** No text goes with it: Netty would send an exception's message, which may carry what its reader should not know. */
    @Override
    public ChannelFuture goAway(
            ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debugData, ChannelPromise promise) {
        debugData.release();
        return super.goAway(ctx, lastStreamId, errorCode, Unpooled.EMPTY_BUFFER, promise);
    }

    final void sendPing(long payload) {
        encoder().writePing(context(), false, payload, context().newPromise());
        flushSoon();
    }

    /** Closes at once; open streams learn the cause. */
    final void breakOff(String cause) {
        brokenBy = cause;
        context().close();
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2Exception) {
        brokenBy = "HTTP/2 error: " + (http2Exception == null ? cause : http2Exception).getMessage();
        log.info("connection={} broken: {}", ctx.channel(), brokenBy);
        super.onConnectionError(ctx, outbound, cause, http2Exception);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
        if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
            super.exceptionCaught(ctx, cause);
            return;
        }
        if (cause instanceof java.io.IOException) {
            log.debug("connection={} broken", ctx.channel(), cause);
        } else {
            log.error("connection={} closed by a bug of this proxy", ctx.channel(), cause);
        }
        breakOff(describe(cause));
    }

    static String describe(Throwable cause) {
        String text = cause.getMessage();
        if (text == null || text.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        return text.toLowerCase(Locale.ROOT).contains("connection reset") ? "connection reset by peer" : text;
    }
}
