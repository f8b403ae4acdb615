/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;

/** Event loops, sockets and HTTP/2 settings of both ends: epoll where it loads, else NIO. Any thread. */
public final class Transport {
    private static final int MIB = 1 << 20;

    private Transport() {}

    public static EventLoopGroup eventLoops(String name, int threads) {
        IoHandlerFactory factory = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), factory);
    }

    public static Class<? extends SocketChannel> socket() {
        return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    public static Class<? extends ServerSocketChannel> serverSocket() {
        return Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    /** Options of a new connection's socket. */
    public static void prepare(Channel channel) {
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(MIB / 4, MIB / 2));
    }

    /** A client that announces what PySpark's gRPC core announces: windows and frames of 4 MiB. */
    public static Http2ConnectionHandler client(Http2FrameListener listener) {
        Http2Settings settings = new Http2Settings()
                .pushEnabled(false)
                .maxConcurrentStreams(0)
                .initialWindowSize(4 * MIB)
                .maxFrameSize(4 * MIB)
                .maxHeaderListSize(16384);
        return handler(false, settings, listener);
    }

    /** A server that announces what Spark's grpc-java announces: windows of 1 MiB, any number of streams. */
    public static Http2ConnectionHandler server(Http2FrameListener listener) {
        Http2Settings settings = new Http2Settings()
                .maxConcurrentStreams(Integer.MAX_VALUE)
                .initialWindowSize(MIB)
                .maxHeaderListSize(8192);
        return handler(true, settings, listener);
    }

    /** The last handler of a pipeline: a reset connection has ended its calls already, and they tell. */
    public static ChannelHandler quietAboutResets() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            @SuppressWarnings("FutureReturnValueIgnored") // Nothing is left to do when closing fails.
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                if (cause instanceof IOException) {
                    ctx.close();
                } else {
                    ctx.fireExceptionCaught(cause);
                }
            }
        };
    }

    /** Widens the connection's window to the given bytes; as soon as the channel is active. */
    public static void widenConnectionWindow(Http2ConnectionHandler handler, int bytes) {
        Http2Connection connection = handler.connection();
        try {
            int missing = bytes - connection.local().flowController().windowSize(connection.connectionStream());
            connection.local().flowController().incrementWindowSize(connection.connectionStream(), missing);
        } catch (Http2Exception e) {
            throw new IllegalStateException("cannot widen the connection's window", e);
        }
    }

    private static Http2ConnectionHandler handler(boolean server, Http2Settings settings, Http2FrameListener listener) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(server);
        // As grpc-java does: the default, weighted distributor costs more and deals out 1 KiB at a time.
        UniformStreamByteDistributor distributor = new UniformStreamByteDistributor(connection);
        distributor.minAllocationChunk(16 << 10);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, distributor));
        return TellingHandler.of(connection, settings, listener);
    }
}
