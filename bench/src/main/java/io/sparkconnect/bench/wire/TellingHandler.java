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
 * Prints what ended its connection: Netty answers an error with GOAWAY and logs nothing above DEBUG, and a bench whose own
 * ends fail silently measures nothing.
 */
final class TellingHandler extends Http2ConnectionHandler {
    private TellingHandler(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
        super(decoder, encoder, settings);
    }

    static Http2ConnectionHandler of(Http2Connection connection, Http2Settings settings, Http2FrameListener listener) {
        return new Builder(connection, settings, listener).build();
    }

    @Override
    @SuppressWarnings("CatchAndPrintStackTrace") // Standard error is this process's log.
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2Cause) {
        System.err.println(ctx.channel() + " ends, error while " + (outbound ? "writing" : "reading") + ":");
        cause.printStackTrace();
        super.onConnectionError(ctx, outbound, cause, http2Cause);
    }

    private static final class Builder extends AbstractHttp2ConnectionHandlerBuilder<Http2ConnectionHandler, Builder> {
        Builder(Http2Connection connection, Http2Settings settings, Http2FrameListener listener) {
            connection(connection);
            initialSettings(settings);
            frameListener(listener);
            validateHeaders(false);
            gracefulShutdownTimeoutMillis(0);
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
    }
}
