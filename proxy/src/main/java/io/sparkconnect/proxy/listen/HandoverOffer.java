/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Unix socket on which the process that is to replace this one asks for the listening sockets, and later asks this one to
 * let go of them. Only processes of the same user (or root) are answered. Thread-safe.
 *
 * <p>A request is one line. {@code LISTENERS} is answered with the sockets' descriptors, one in each message, {@code LETGO}
 * with {@code OK} when this process listens no more and this socket is gone; then the connection is closed.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes its connection.
public final class HandoverOffer implements AutoCloseable {
    static final String LISTENERS = "LISTENERS";
    static final String LETGO = "LETGO";
    static final String OK = "OK";

    private static final Logger log = LoggerFactory.getLogger(HandoverOffer.class);

    private static final int MOST_LINE = 64;
    private static final long PATIENCE_SECONDS = 10;

    /** What handing over means to this process. */
    public interface Successor {
        /** Closes every listening socket; open connections go on. May block. */
        void letGo() throws InterruptedException;

        /** The other process has been told: this one is to drain and end. */
        void tookOver();
    }

    private final ServerSockets sockets;
    private final Successor successor;
    private final Channel channel;

    private HandoverOffer(Path path, ServerSockets sockets, EventLoopGroup loops, Successor successor)
            throws IOException, InterruptedException {
        this.sockets = sockets;
        this.successor = successor;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerDomainSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        accepted.pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(PATIENCE_SECONDS, TimeUnit.SECONDS),
                                        new LineBasedFrameDecoder(MOST_LINE),
                                        new StringDecoder(US_ASCII),
                                        new Answering());
                    }
                })
                .bind(new DomainSocketAddress(path.toFile()))
                .await();
        if (!bound.isSuccess()) {
            throw new IOException(path + ": " + bound.cause().getMessage(), bound.cause());
        }
        this.channel = bound.channel();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    }

    /** @throws IOException when there can be no socket at this path; the text names it */
    public static HandoverOffer open(Path path, ServerSockets sockets, EventLoopGroup loops, Successor successor)
            throws IOException, InterruptedException {
        return new HandoverOffer(path, sockets, loops, successor);
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private final class Answering extends SimpleChannelInboundHandler<String> {
        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            if (!ProcessOwner.isTrusted((EpollDomainSocketChannel) ctx.channel())) {
                log.warn("a process of another user asked for this proxy's ports: refused");
                ctx.close();
            }
            super.channelActive(ctx);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, String request) throws IOException {
            int pid =
                    ((EpollDomainSocketChannel) ctx.channel()).peerCredentials().pid();
            switch (request) {
                case LISTENERS -> sendSockets(ctx, pid);
                case LETGO -> {
                    log.info("pid={} has taken the ports over", pid);
                    // Closing waits for event loops, which must not wait for themselves.
                    Thread handing = new Thread(() -> letGo(ctx.channel()), "hand-over");
                    handing.setDaemon(true);
                    handing.start();
                }
                default -> ctx.close();
            }
        }

        private void sendSockets(ChannelHandlerContext ctx, int pid) {
            log.info("pid={} asks for the ports", pid);
            for (FileDescriptor descriptor : sockets.descriptors()) {
                ctx.write(descriptor);
            }
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }

        private void letGo(Channel asking) {
            try {
                successor.letGo();
                HandoverOffer.this.close();
                asking.writeAndFlush(Unpooled.copiedBuffer(OK + "\n", US_ASCII))
                        .addListener(ChannelFutureListener.CLOSE)
                        .await();
                successor.tookOver();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            log.debug("a hand-over was broken off", cause);
            ctx.close();
        }
    }
}
