/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.listen.ClientConnection;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.SessionLocator;
import io.sparkconnect.proxy.route.StreamRouter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An engine behind a real port, with gRPC servers and clients around it. */
final class EngineFixture implements AutoCloseable {
    static final PoolLimits POOL = new PoolLimits(
            2, 1000, Duration.ofSeconds(10), Duration.ofHours(1), Duration.ofMillis(100), Duration.ofSeconds(5));

    final List<StreamReport> reports = new CopyOnWriteArrayList<>();
    final AtomicInteger streamsStarted = new AtomicInteger();
    final AtomicInteger held = new AtomicInteger();
    final LimitCounters counters = new LimitCounters();
    final List<ClientConnection> connections = new CopyOnWriteArrayList<>();
    private final MultiThreadIoEventLoopGroup loops;
    private final FrameEngine engine;
    private final Channel listening;
    private final List<ManagedChannel> clients = new ArrayList<>();

    EngineFixture(StreamRouter router) {
        this(router, EngineLimits.defaults(), 1);
    }

    EngineFixture(StreamRouter router, EngineLimits limits, int threads) {
        Transport transport = Transport.of("auto");
        loops = new MultiThreadIoEventLoopGroup(threads, transport.newIoHandlerFactory());
        engine = new FrameEngine(
                router,
                limits,
                POOL,
                transport,
                new HostResolver(Runnable::run),
                new Watcher(),
                counters,
                System::nanoTime,
                new SplittableRandom(1));
        listening = new ServerBootstrap()
                .group(loops)
                .channelFactory(transport::newServerChannel)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(256 * 1024, 512 * 1024))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ClientConnection connection = engine.newConnection(channel.eventLoop());
                        connections.add(connection);
                        channel.pipeline().addLast(connection);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    SessionLocator locator() {
        return engine.locator(loops);
    }

    int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    long hits(Limit limit) {
        return counters.hits(limit);
    }

    /** A client of its own TCP connection. */
    ManagedChannel client() {
        return client(builder -> builder);
    }

    ManagedChannel client(java.util.function.UnaryOperator<NettyChannelBuilder> shape) {
        ManagedChannel client = shape.apply(NettyChannelBuilder.forAddress("127.0.0.1", port())
                        .usePlaintext()
                        .maxInboundMessageSize(256 << 20))
                .build();
        clients.add(client);
        return client;
    }

    /** There is one loop unless the test asked for more. */
    void onLoop(Runnable work) {
        loops.next().execute(work);
    }

    static Server server(BytesService service) {
        try {
            return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(service)
                    .maxInboundMessageSize(256 << 20)
                    .flowControlWindow(1 << 20)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Backend backend(Server server) {
        return new Backend("server-" + server.getPort(), "i", "127.0.0.1", server.getPort());
    }

    @Override
    public void close() {
        for (ManagedChannel client : clients) {
            client.shutdownNow();
        }
        listening.close().syncUninterruptibly();
        engine.close();
        for (ManagedChannel client : clients) {
            try {
                client.awaitTermination(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        loops.shutdownGracefully(50, 5_000, TimeUnit.MILLISECONDS).syncUninterruptibly();
    }

    private final class Watcher implements TrafficWatcher {
        @Override
        public void clientConnected() {}

        @Override
        public void clientDisconnected() {}

        @Override
        public void clientRefused(String why) {}

        @Override
        public void clientHeldBack() {}

        @Override
        public void streamStarted() {
            streamsStarted.incrementAndGet();
        }

        @Override
        public void streamEnded(StreamReport report) {
            reports.add(report);
        }

        @Override
        public void held() {
            held.incrementAndGet();
        }

        @Override
        public void unheld() {
            held.decrementAndGet();
        }

        @Override
        public void replayed() {}

        @Override
        public void serverConnected() {}

        @Override
        public void serverDisconnected() {}

        @Override
        public void reset(String by) {}
    }
}
