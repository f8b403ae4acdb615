/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import io.sparkconnect.bench.wire.Pattern;
import io.sparkconnect.bench.wire.Transport;

/** One connection to a light server: opens an {@link Answer} for each stream and feeds it. On the connection's event loop. */
final class ServerConversation extends Http2FrameAdapter {
    static final Http2Headers HEADERS = ReadOnlyHttp2Headers.serverHeaders(
            false,
            AsciiString.cached("200"),
            AsciiString.cached("content-type"),
            AsciiString.cached("application/grpc"),
            AsciiString.cached("grpc-encoding"),
            AsciiString.cached("identity"),
            AsciiString.cached("grpc-accept-encoding"),
            AsciiString.cached("gzip"));
    static final Http2Headers OK =
            ReadOnlyHttp2Headers.trailers(false, AsciiString.cached("grpc-status"), AsciiString.cached("0"));
    static final Http2Headers NO_SUCH_SESSION = ReadOnlyHttp2Headers.serverHeaders(
            false,
            AsciiString.cached("200"),
            AsciiString.cached("content-type"),
            AsciiString.cached("application/grpc"),
            AsciiString.cached("grpc-status"),
            AsciiString.cached("13"),
            AsciiString.cached("grpc-message"),
            AsciiString.cached("[INVALID_HANDLE.SESSION_NOT_FOUND] The handle is invalid. Session not found."));
    private static final int WINDOW = 1 << 20;

    private final String id;
    private final Pattern pattern;
    private final Http2ConnectionHandler handler;
    private final Http2Connection.PropertyKey answerKey;
    private boolean windowWidened;

    ServerConversation(String id, Pattern pattern) {
        this.id = id;
        this.pattern = pattern;
        this.handler = Transport.server(this);
        Http2Connection connection = handler.connection();
        this.answerKey = connection.newKey();
        connection.remote().flowController().listener(this::writabilityChanged);
    }

    Http2ConnectionHandler handler() {
        return handler;
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
        if (!windowWidened) {
            windowWidened = true;
            Transport.widenConnectionWindow(handler, WINDOW);
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
            boolean endStream)
            throws Http2Exception {
        onHeadersRead(ctx, streamId, headers, padding, endStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endStream)
            throws Http2Exception {
        Http2Stream stream = handler.connection().stream(streamId);
        CharSequence path = headers.path();
        if (endStream || path == null) {
            throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, "a request without a message");
        }
        stream.setProperty(answerKey, new Answer(id, pattern, path, ctx, handler.encoder(), stream));
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        Answer answer = handler.connection().stream(streamId).getProperty(answerKey);
        int read = data.readableBytes() + padding;
        try {
            answer.requestData(data, endOfStream);
        } catch (IllegalArgumentException e) {
            throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, e, "not a message of the bench");
        }
        return read;
    }

    private void writabilityChanged(Http2Stream stream) {
        Answer answer = stream.getProperty(answerKey);
        if (answer != null && answer.proceed()) {
            // Not now: this may be called from within a flush.
            ChannelHandlerContext ctx = handler.encoder().flowController().channelHandlerContext();
            ctx.executor().execute(() -> handler.flush(ctx));
        }
    }
}
