/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.sparkconnect.proxy.h2.LimitCounters;
import io.sparkconnect.proxy.listen.ClientConnection;
import io.sparkconnect.proxy.listen.Engine;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.route.SessionEnder;
import io.sparkconnect.proxy.route.SessionLocator;
import io.sparkconnect.proxy.route.StreamRouter;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine that relays frames. Thread-safe; what it makes is confined to a loop each. */
public final class FrameEngine implements Engine {
    private static final Logger log = LoggerFactory.getLogger(FrameEngine.class);

    /** By gRPC's servers, unless they are told otherwise. */
    private static final Duration PERMITTED_PINGS = Duration.ofMinutes(5);

    private final EngineContext context;
    private final PoolLimits poolLimits;
    private final Transport transport;
    private final HostResolver resolver;
    private final RandomGenerator random;
    private final Map<EventLoop, PerLoop> loops = new ConcurrentHashMap<>();

    /** What the connections of one loop share. */
    private record PerLoop(
            LoopFlusher flusher, BackendPool<BackConnection> pool, Set<FrontConnection> fronts, FrontSweep sweep) {}

    public FrameEngine(
            StreamRouter router,
            EngineLimits limits,
            PoolLimits poolLimits,
            Transport transport,
            HostResolver resolver,
            TrafficWatcher watcher,
            LimitCounters counters,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.context = new EngineContext(
                router,
                limits,
                counters,
                new BufferedBytes(limits.bufferedBytes()),
                watcher,
                new FailureLog(nanoTime),
                nanoTime);
        Duration serverPings = limits.serverPingInterval();
        if (!serverPings.isZero() && serverPings.compareTo(PERMITTED_PINGS) < 0) {
            log.warn(
                    "sparkconnect.proxy.server.ping.interval is {} s: Spark's servers close a connection that is pinged more"
                            + " often than every 5m, and with it what runs on it",
                    serverPings.toMillis() / 1000.0);
        }
        this.poolLimits = poolLimits;
        this.transport = transport;
        this.resolver = resolver;
        this.random = random;
    }

    @Override
    public ClientConnection newConnection(EventLoop loop) {
        PerLoop perLoop = loops.computeIfAbsent(loop, this::perLoop);
        return new FrontConnection(context, perLoop.flusher(), perLoop.pool(), perLoop.fronts());
    }

    @Override
    public boolean hasRoom() {
        return !context.buffered().isFull();
    }

    /** Memory that is held because somebody does not read, or because nobody knows yet whose the bytes are. */
    public long bufferedBytes() {
        return context.buffered().bytes();
    }

    @Override
    public SessionLocator locator(EventLoopGroup group) {
        return calls(group);
    }

    @Override
    public SessionEnder ender(EventLoopGroup group) {
        return new EngineEnder(
                calls(group), each -> loops.forEach((loop, perLoop) -> each.accept(loop, perLoop.fronts())));
    }

    private EngineLocator calls(EventLoopGroup group) {
        return new EngineLocator(
                group, loop -> loops.computeIfAbsent(loop, this::perLoop).pool());
    }

    @Override
    public void close() {
        loops.forEach((loop, perLoop) -> loop.execute(() -> {
            perLoop.sweep().stop();
            perLoop.pool().retireAll();
        }));
    }

    private PerLoop perLoop(EventLoop loop) {
        LoopFlusher flusher = LoopFlusher.behindAllTasksOf(loop);
        BackConnector connector = new BackConnector(loop, flusher, transport, resolver, context);
        Set<FrontConnection> fronts = new HashSet<>();
        return new PerLoop(
                flusher,
                new BackendPool<>(loop, connector, poolLimits, context.nanoTime(), random),
                fronts,
                new FrontSweep(context, fronts).startOn(loop));
    }
}
