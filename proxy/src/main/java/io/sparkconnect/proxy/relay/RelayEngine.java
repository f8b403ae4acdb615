/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.sparkconnect.proxy.listen.ClientConnection;
import io.sparkconnect.proxy.listen.Engine;
import io.sparkconnect.proxy.listen.HostResolver;
import io.sparkconnect.proxy.listen.Transport;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.route.SessionLocator;
import io.sparkconnect.proxy.route.StreamRouter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** The engine made of Netty's HTTP/2 connection handlers. Thread-safe; what it makes is confined to a loop each. */
public final class RelayEngine implements Engine {
    private final RelayContext shared;
    private final PoolLimits poolLimits;
    private final Transport transport;
    private final HostResolver resolver;
    private final RandomGenerator random;
    private final Map<EventLoop, BackendPool<BackConnection>> pools = new ConcurrentHashMap<>();

    public RelayEngine(
            StreamRouter router,
            RelayLimits limits,
            PoolLimits poolLimits,
            Transport transport,
            HostResolver resolver,
            TrafficWatcher watcher,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.shared = new RelayContext(router, limits, watcher, nanoTime);
        this.poolLimits = poolLimits;
        this.transport = transport;
        this.resolver = resolver;
        this.random = random;
    }

    @Override
    public ClientConnection newConnection(EventLoop loop) {
        BackendPool<BackConnection> pool = pools.computeIfAbsent(loop, this::newPool);
        return ConnectionParts.forClients(
                shared.limits(),
                shared.nanoTime(),
                (decoder, encoder, settings) -> new FrontConnection(decoder, encoder, settings, shared, pool));
    }

    @Override
    public SessionLocator locator(EventLoopGroup loops) {
        return new RelayLocator(loops, loop -> pools.computeIfAbsent(loop, this::newPool));
    }

    @Override
    public void close() {
        pools.forEach((loop, pool) -> loop.execute(pool::retireAll));
    }

    private BackendPool<BackConnection> newPool(EventLoop loop) {
        return new BackendPool<>(
                loop, new BackConnector(loop, transport, resolver, shared), poolLimits, shared.nanoTime(), random);
    }
}
