/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.listen.ClientListener;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.listen.ListenerLimits;
import io.sparkconnect.proxy.listen.ServerSockets;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.relay.EngineLimits;
import io.sparkconnect.proxy.relay.FrameEngine;
import io.sparkconnect.proxy.route.SessionEnder;
import io.sparkconnect.proxy.route.SessionLocator;
import io.sparkconnect.proxy.route.StreamRouter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** The relay between real sockets, with clients of a real gRPC stack. */
public final class RunningRelay implements AutoCloseable {
    public static final PoolLimits POOL = new PoolLimits(
            4, 1000, Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofMillis(1), Duration.ofMillis(10));

    public final RecordingWatcher watcher = new RecordingWatcher();
    public final LimitCounters counters = new LimitCounters();
    public final FrameEngine engine;
    public final ClientListener listener;
    private final EventLoopGroup loops;
    private final InetSocketAddress address;
    private final List<ManagedChannel> channels = new ArrayList<>();

    public RunningRelay(StreamRouter router, EngineLimits limits, PoolLimits pool, int threads)
            throws IOException, InterruptedException {
        this(router, limits, new ListenerLimits(Duration.ofSeconds(2), 100, 0), pool, threads);
    }

    private RunningRelay(
            StreamRouter router, EngineLimits limits, ListenerLimits listenerLimits, PoolLimits pool, int threads)
            throws IOException, InterruptedException {
        Transport transport = Transport.of("auto");
        loops = new MultiThreadIoEventLoopGroup(threads, transport.newIoHandlerFactory());
        engine = new FrameEngine(
                router,
                limits,
                pool,
                transport,
                new HostResolver(ForkJoinPool.commonPool()),
                watcher,
                counters,
                System::nanoTime,
                new Random(1));
        listener = new ClientListener(
                ServerSockets.bound(transport), loops, loops, engine, listenerLimits, watcher, System::nanoTime);
        address = listener.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    public static RunningRelay with(StreamRouter router) throws IOException, InterruptedException {
        return new RunningRelay(router, EngineLimits.defaults(), POOL, 1);
    }

    public static RunningRelay with(StreamRouter router, ListenerLimits limits)
            throws IOException, InterruptedException {
        return new RunningRelay(router, EngineLimits.defaults(), limits, POOL, 1);
    }

    public InetSocketAddress address() {
        return address;
    }

    public int port() {
        return address.getPort();
    }

    public SessionLocator locator() {
        return engine.locator(loops);
    }

    public SessionEnder ender() {
        return engine.ender(loops);
    }

    /** On the loop of all connections, when there is one loop. */
    public void onLoop(Runnable work) {
        loops.next().execute(work);
    }

    /** A client connection of its own, with the header limit of grpcio; closed with the relay. */
    public ManagedChannel newClient() {
        return newClient(builder -> builder);
    }

    public ManagedChannel newClient(int headerListBytes) {
        return newClient(builder -> builder.maxInboundMetadataSize(headerListBytes));
    }

    /** Whose windows do not grow: gRPC's client doubles them up to 8 MiB when it sees traffic. */
    public ManagedChannel newClientWithWindow(int bytes) {
        return newClient(builder -> builder.flowControlWindow(bytes));
    }

    private ManagedChannel newClient(UnaryOperator<NettyChannelBuilder> shape) {
        ManagedChannel channel = shape.apply(NettyChannelBuilder.forAddress(address)
                        .usePlaintext()
                        .maxInboundMessageSize(128 << 20)
                        .maxInboundMetadataSize(16 * 1024)
                        .disableRetry())
                .build();
        channels.add(channel);
        return channel;
    }

    @Override
    public void close() throws InterruptedException {
        for (ManagedChannel channel : channels) {
            channel.shutdownNow();
            channel.awaitTermination(10, TimeUnit.SECONDS);
        }
        listener.drain(Duration.ofSeconds(2));
        engine.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
    }
}
