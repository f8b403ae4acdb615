/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
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

    private final ServerSockets sockets;
    private final EventLoopGroup acceptors;
    private final EventLoopGroup loops;
    private final Engine engine;
    private final ListenerLimits limits;
    private final TrafficWatcher watcher;
    private final OpenConnections open;
    private final Refusals refusals;
    private final List<Channel> listening = new ArrayList<>();

    public ClientListener(
            ServerSockets sockets,
            EventLoopGroup acceptors,
            EventLoopGroup loops,
            Engine engine,
            ListenerLimits limits,
            TrafficWatcher watcher,
            LongSupplier nanoTime) {
        this.sockets = sockets;
        this.acceptors = acceptors;
        this.loops = loops;
        this.engine = engine;
        this.limits = limits;
        this.watcher = watcher;
        this.open = new OpenConnections(watcher);
        this.refusals = new Refusals(watcher, nanoTime);
    }

    /** {@link #listen(ListenPoint)} on a port that clients connect to themselves. */
    public InetSocketAddress listen(InetSocketAddress address) throws IOException, InterruptedException {
        return listen(ListenPoint.forClients(address));
    }

    /**
     * Listens. Connections are accepted from now on.
     *
     * @return the address that was bound, with the real port where 0 was asked for
     * @throws IOException when it cannot be bound; the text names the address
     */
    public synchronized InetSocketAddress listen(ListenPoint point) throws IOException, InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(acceptors, loops)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new LoopReads())
                .handler(new AcceptedSockets(open, limits.connections()))
                .childHandler(
                        new ConnectionGreeting(point.proxyHeadersFrom(), engine, limits, open, watcher, refusals));
        Channel bound = sockets.open(bootstrap, point.address());
        listening.add(bound);
        return (InetSocketAddress) bound.localAddress();
    }

    /** Open sockets of clients, those included that have not yet said what they speak. */
    public int connections() {
        return open.size();
    }

    /** Accepts nothing more. Open connections go on. Idempotent. */
    public synchronized void stopListening() throws InterruptedException {
        for (Channel channel : listening) {
            channel.close().await();
        }
        listening.clear();
    }

    /**
     * Stops listening, lets open streams end, and after the deadline answers the rest with UNAVAILABLE. Blocks until every
     * connection is closed.
     *
     * @return whether every stream had ended by itself
     */
    public synchronized boolean drain(Duration deadline) throws InterruptedException {
        stopListening();
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
}
