/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.sparkconnect.bench.wire.Transport;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Opens connections. Any thread. */
final class Connector {
    private static final int TIMEOUT_MILLIS = 10_000;

    private final EventLoopGroup loops;
    private final Target target;

    Connector(EventLoopGroup loops, Target target) {
        this.loops = loops;
        this.target = target;
    }

    /** Who wants a connection. Called on the connection's event loop. */
    interface Opened {
        void connected(ClientConnection connection);

        void refused(Throwable cause);
    }

    /** {@code local}: the source address, or null for any. */
    CompletableFuture<ClientConnection> open(int index, @Nullable InetSocketAddress local) {
        CompletableFuture<ClientConnection> future = new CompletableFuture<>();
        open(index, local, new Opened() {
            @Override
            public void connected(ClientConnection connection) {
                future.complete(connection);
            }

            @Override
            public void refused(Throwable cause) {
                future.completeExceptionally(cause);
            }
        });
        return future;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // It is the listener that is told.
    void open(int index, @Nullable InetSocketAddress local, Opened opened) {
        ClientConnection[] conversation = new ClientConnection[1];
        Bootstrap bootstrap = new Bootstrap()
                .group(loops.next())
                .channel(Transport.socket())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        conversation[0] = ClientConnection.on(channel, target.sessionHeader());
                    }
                });
        bootstrap.connect(target.address(index), local).addListener(done -> {
            if (done.isSuccess()) {
                try {
                    conversation[0].connected();
                    opened.connected(conversation[0]);
                } catch (RuntimeException | LinkageError e) {
                    opened.refused(e); // Left to Netty, it would be a line in the log and a load that never ends.
                }
            } else {
                opened.refused(done.cause());
            }
        });
    }
}
