/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The clients' port or ports. Thread-safe. */
public final class ClientListener {
    private static final Logger log = LoggerFactory.getLogger(ClientListener.class);

    private static final int BACKLOG = 4096;
    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(256 * 1024, 512 * 1024);
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final Transport transport;
    private final EventLoopGroup acceptors;
    private final EventLoopGroup loops;
    private final Engine engine;
    private final Duration prefaceTimeout;
    private final int connectionsMost;
    private final TrafficWatcher watcher;
    private final OpenConnections open;
    private final SparingLogs refusals;
    private final List<Channel> listening = new ArrayList<>();

    public ClientListener(
            Transport transport,
            EventLoopGroup acceptors,
            EventLoopGroup loops,
            Engine engine,
            Duration prefaceTimeout,
            int connectionsMost,
            TrafficWatcher watcher,
            LongSupplier nanoTime) {
        this.transport = transport;
        this.acceptors = acceptors;
        this.loops = loops;
        this.engine = engine;
        this.prefaceTimeout = prefaceTimeout;
        this.connectionsMost = connectionsMost;
        this.watcher = watcher;
        this.open = new OpenConnections(watcher);
        this.refusals = new SparingLogs(nanoTime);
    }

    /**
     * Listens. Connections are accepted from now on.
     *
     * @return the address that was bound, with the real port where 0 was asked for
     * @throws IOException when it cannot be bound; the text names the address
     */
    public synchronized InetSocketAddress listen(InetSocketAddress address) throws IOException, InterruptedException {
        ChannelFuture bound = new ServerBootstrap()
                .group(acceptors, loops)
                .channelFactory(transport::newServerChannel)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new LoopReads())
                .childHandler(new Accepted())
                .bind(address)
                .await();
        if (!bound.isSuccess()) {
            throw new IOException(
                    address.getHostString() + ":" + address.getPort() + ": "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        listening.add(bound.channel());
        return (InetSocketAddress) bound.channel().localAddress();
    }

    public int connections() {
        return open.size();
    }

    /**
     * Stops listening, lets open streams end, and after the deadline answers the rest with UNAVAILABLE. Blocks until every
     * connection is closed.
     *
     * @return whether every stream had ended by itself
     */
    public synchronized boolean drain(Duration deadline) throws InterruptedException {
        for (Channel channel : listening) {
            channel.close().await();
        }
        listening.clear();
        try {
            open.drain().get(deadline.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            log.warn("connections={} still open at the drain deadline of {}: cut off", open.size(), deadline);
            open.cutOff();
            awaitLastWords();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("nobody fails it", e);
        }
    }

    private void awaitLastWords() throws InterruptedException {
        try {
            open.drain().get(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            log.warn("connections={} did not close; their sockets are closed with the process", open.size(), e);
        }
    }

    private final class Accepted extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (!open.accept(channel, connectionsMost)) {
                watcher.clientRefused("too-many-connections");
                refusals.log(
                        "too-many-connections",
                        leftOut -> log.warn(
                                "client={} refused: {} connections are open (sparkconnect.proxy.connections.max; {} more such"
                                        + " lines left out)",
                                channel.remoteAddress(),
                                connectionsMost,
                                leftOut));
                channel.unsafe().closeForcibly();
                return;
            }
            if (!engine.hasRoom()) {
                channel.pipeline().addLast("room-gate", new RoomGate(engine, watcher));
            }
            channel.pipeline().addLast("first-bytes", new FirstBytes(engine, open, prefaceTimeout, watcher, refusals));
        }
    }
}
