/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.sparkconnect.proxy.listen.ServerSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator's port. Thread-safe. */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes its connection.
public final class AdminServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

    private static final int MOST_REQUEST_BYTES = 16 * 1024;
    private static final long IDLE_SECONDS = 60;

    private final Channel channel;
    private final ChannelGroup open;

    private AdminServer(Channel channel, ChannelGroup open) {
        this.channel = channel;
        this.open = open;
    }

    /**
     * Listens.
     *
     * @param loops serve nothing else that must be quick
     * @throws IOException when the address cannot be bound; the text names it
     */
    public static AdminServer start(
            InetSocketAddress address, ProxyView view, ServerSockets sockets, EventLoopGroup loops)
            throws IOException, InterruptedException {
        AdminPages pages = new AdminPages(view);
        ChannelGroup open = new DefaultChannelGroup(loops.next());
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        open.add(accepted);
                        accepted.pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(IDLE_SECONDS, TimeUnit.SECONDS),
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(MOST_REQUEST_BYTES),
                                        new Answering(pages));
                    }
                });
        return new AdminServer(sockets.open(bootstrap, address), open);
    }

    /** With the real port where 0 was asked for. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Open connections are closed too, so that whoever keeps one asks the next process the next time. Idempotent. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        open.close();
    }

    private static final class Answering extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final AdminPages pages;

        private Answering(AdminPages pages) {
            this.pages = pages;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            AdminPages.Page page = request.decoderResult().isSuccess()
                    ? pages.page(request.method(), request.uri())
                    : new AdminPages.Page(HttpResponseStatus.BAD_REQUEST, "text/plain", "Not HTTP/1.1.\n");
            byte[] body = page.body().getBytes(UTF_8);
            boolean headOnly = request.method().equals(HttpMethod.HEAD);
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    page.status(),
                    headOnly ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, page.type())
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                    .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
            boolean keepAlive = HttpUtil.isKeepAlive(request);
            HttpUtil.setKeepAlive(response, keepAlive);
            ChannelFuture written = ctx.writeAndFlush(response);
            if (!keepAlive) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            log.debug("admin connection {} broken", ctx.channel().remoteAddress(), cause);
            ctx.close();
        }
    }
}
