/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The proxy that runs already, asked on its {@link HandoverOffer}. Its methods block; used by one thread. */
public final class Predecessor {
    private static final long PATIENCE_SECONDS = 30;

    private final Path path;
    private final EventLoopGroup loops;

    /** @param loops of an epoll transport */
    public Predecessor(Path path, EventLoopGroup loops) {
        this.path = path;
        this.loops = loops;
    }

    /**
     * Whether a process listens at the path. The socket of a process that died without a word is removed.
     *
     * @throws IOException when something else is there
     */
    public boolean isThere() throws IOException, InterruptedException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new IOException(path + " is no socket (expected: none there, or one of a proxy)");
        }
        ChannelFuture connected = connect(DomainSocketReadMode.BYTES, new Answer());
        if (connected.isSuccess()) {
            connected.channel().close().await();
            return true;
        }
        Files.delete(path);
        return false;
    }

    /** Its listening sockets, which it keeps open; each is to be closed by the caller. */
    public List<FileDescriptor> sockets() throws IOException, InterruptedException {
        Answer answer = new Answer();
        exchange(HandoverOffer.LISTENERS, DomainSocketReadMode.FILE_DESCRIPTORS, answer);
        return List.copyOf(answer.sockets);
    }

    /** Returns when it listens no more. From then on it drains by itself. */
    public void letGo() throws IOException, InterruptedException {
        Answer answer = new Answer();
        exchange(HandoverOffer.LETGO, DomainSocketReadMode.BYTES, answer);
        if (!answer.text.toString().startsWith(HandoverOffer.OK)) {
            throw new IOException(path + ": the running proxy broke the hand-over off");
        }
    }

    private void exchange(String request, DomainSocketReadMode mode, Answer answer)
            throws IOException, InterruptedException {
        ChannelFuture connected = connect(mode, answer);
        if (!connected.isSuccess()) {
            throw new IOException(path + ": " + connected.cause().getMessage(), connected.cause());
        }
        var channel = connected.channel();
        if (!ProcessOwner.isTrusted((EpollDomainSocketChannel) channel)) {
            channel.close().await();
            throw new IOException(path + " belongs to a process of another user");
        }
        channel.writeAndFlush(Unpooled.copiedBuffer(request + "\n", US_ASCII)).await();
        if (!channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            channel.close().await();
            throw new IOException(path + ": the running proxy did not answer within " + PATIENCE_SECONDS + " s");
        }
    }

    private ChannelFuture connect(DomainSocketReadMode mode, Answer answer) throws InterruptedException {
        return new Bootstrap()
                .group(loops)
                .channel(EpollDomainSocketChannel.class)
                .option(EpollChannelOption.DOMAIN_SOCKET_READ_MODE, mode)
                .handler(answer)
                .connect(new DomainSocketAddress(path.toFile()))
                .await();
    }

    /** What came until the connection was closed. Written on the loop, read when it is closed. */
    private static final class Answer extends ChannelInboundHandlerAdapter {
        private final List<FileDescriptor> sockets = new CopyOnWriteArrayList<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof FileDescriptor socket) {
                sockets.add(socket);
            } else if (message instanceof ByteBuf bytes) {
                text.append(bytes.toString(US_ASCII));
                bytes.release();
            }
        }
    }
}
