/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageWriterTest {
    private static final Pattern PATTERN = new Pattern();

    @Test
    void tellsItsEndOnceWhenWritingMakesTheStreamWritableAgain() throws Http2Exception {
        List<Boolean> told = new ArrayList<>();
        Http2Connection connection = new DefaultHttp2Connection(true);
        MessageWriter[] writer = new MessageWriter[1];
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection) {
            @Override
            public void writePendingBytes() {
                // What a flush does whose bytes leave at once: the socket's writability changes within the write.
                told.add(writer[0].proceed());
            }

            @Override
            public boolean isWritable(Http2Stream stream) {
                return true;
            }
        });
        ChannelHandlerContext ctx = context();
        Http2Stream stream = connection.remote().createStream(1, false);
        writer[0] = new MessageWriter(ctx, new Bare(connection), stream, PATTERN, new byte[0], 3, 64, false);

        told.add(writer[0].proceed());

        assertThat(told).containsExactly(false, false, false, true);
    }

    private static ChannelHandlerContext context() {
        ChannelInboundHandlerAdapter handler = new ChannelInboundHandlerAdapter();
        return new EmbeddedChannel(handler).pipeline().context(handler);
    }

    /** An encoder whose DATA goes nowhere. */
    private static final class Bare extends DecoratingHttp2ConnectionEncoder {
        private final Http2RemoteFlowController flow;

        Bare(Http2Connection connection) {
            super(new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter()));
            this.flow = connection.remote().flowController();
        }

        @Override
        public Http2RemoteFlowController flowController() {
            return flow;
        }

        @Override
        public ChannelFuture writeData(
                ChannelHandlerContext ctx,
                int streamId,
                ByteBuf data,
                int padding,
                boolean endStream,
                ChannelPromise promise) {
            data.release();
            return promise.setSuccess();
        }
    }
}
