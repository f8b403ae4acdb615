/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.sparkconnect.bench.wire.Pattern;
import io.sparkconnect.bench.wire.Transport;
import java.net.InetSocketAddress;

/** One listening server on loopback, with an id that each of its answers carries. Any thread. */
public final class LightConnectServer implements AutoCloseable {
    private final Channel listener;

    private LightConnectServer(Channel listener) {
        this.listener = listener;
    }

    /** Binds an ephemeral port of 127.0.0.1. */
    public static LightConnectServer start(String id, EventLoopGroup loops, Pattern pattern) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(Transport.serverSocket())
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        Transport.prepare(channel);
                        ServerConversation conversation = new ServerConversation(id, pattern);
                        channel.pipeline().addLast(conversation.handler(), Transport.quietAboutResets());
                    }
                });
        return new LightConnectServer(
                bootstrap.bind("127.0.0.1", 0).syncUninterruptibly().channel());
    }

    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
    }
}
