/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;

/**
 * Builds handlers that print what ended a connection: Netty answers an error with GOAWAY and logs nothing above DEBUG, and a
 * bench whose own ends fail silently measures nothing.
 */
final class TellingHandlerBuilder
        extends AbstractHttp2ConnectionHandlerBuilder<Http2ConnectionHandler, TellingHandlerBuilder> {
    @Override
    protected TellingHandlerBuilder connection(Http2Connection connection) {
        return super.connection(connection);
    }

    @Override
    protected TellingHandlerBuilder initialSettings(Http2Settings settings) {
        return super.initialSettings(settings);
    }

    @Override
    protected TellingHandlerBuilder frameListener(Http2FrameListener listener) {
        return super.frameListener(listener);
    }

    @Override
    protected TellingHandlerBuilder validateHeaders(boolean validate) {
        return super.validateHeaders(validate);
    }

    @Override
    protected TellingHandlerBuilder gracefulShutdownTimeoutMillis(long timeout) {
        return super.gracefulShutdownTimeoutMillis(timeout);
    }

    @Override
    protected Http2ConnectionHandler build() {
        return super.build();
    }

    @Override
    protected Http2ConnectionHandler build(
            Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
        return new TellingHandler(decoder, encoder, settings);
    }

    private static final class TellingHandler extends Http2ConnectionHandler {
        TellingHandler(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            super(decoder, encoder, settings);
        }

        @Override
        @SuppressWarnings("CatchAndPrintStackTrace") // Standard error is this process's log.
        protected void onConnectionError(
                ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2Cause) {
            System.err.println(ctx.channel() + " ends, error while " + (outbound ? "writing" : "reading") + ":");
            cause.printStackTrace();
            super.onConnectionError(ctx, outbound, cause, http2Cause);
        }
    }
}
