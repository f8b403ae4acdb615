/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.route.Backend;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The connections of one loop to one server in one lane, and the streams that wait for one. Confined to the loop. */
final class LanePool<C extends PooledConnection> implements Connector.Events<C> {
    private final Backend backend;
    private final EventExecutor loop;
    private final Connector<C> connector;
    private final PoolLimits limits;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final List<C> connections = new ArrayList<>(2);
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private boolean connecting;
    private int failuresInARow;
    private long backOffUntilNanos;
    private String lastFailure = "";

    LanePool(
            Backend backend,
            EventExecutor loop,
            Connector<C> connector,
            PoolLimits limits,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.backend = backend;
        this.loop = loop;
        this.connector = connector;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    BackendPool.Waiting acquire(Consumer<C> ready, Consumer<String> failed) {
        C free = leastLoaded();
        if (free != null) {
            ready.accept(free);
            return () -> {};
        }
        if (!connecting && isBackingOff()) {
            failed.accept(lastFailure);
            return () -> {};
        }
        if (waiters.size() >= limits.waiting()) {
            failed.accept("too many requests wait for a connection (" + waiters.size() + ")");
            return () -> {};
        }
        Waiter waiter = new Waiter(ready, failed);
        waiters.add(waiter);
        waiter.deadline = loop.schedule(waiter::expire, limits.waitTimeout().toMillis(), TimeUnit.MILLISECONDS);
        connectIfUseful();
        return waiter;
    }

    int size() {
        return connections.size();
    }

    void retireAll() {
        List.copyOf(connections).forEach(PooledConnection::retire);
    }

    void retireIdle() {
        long now = nanoTime.getAsLong();
        for (C connection : List.copyOf(connections)) {
            if (connection.openStreams() == 0
                    && now - connection.idleSinceNanos() >= limits.idleTimeout().toNanos()) {
                connection.retire();
            }
        }
    }

    /** Whether nothing would be lost with it. */
    boolean isForgettable() {
        return connections.isEmpty() && waiters.isEmpty() && !connecting && !isBackingOff();
    }

    @Override
    public void roomMayHaveGrown(C connection) {
        if (connection.isRetired()) {
            connections.remove(connection);
        }
        serveWaiters();
    }

    @Override
    public void closed(C connection) {
        connections.remove(connection);
        serveWaiters();
    }

    private void connectIfUseful() {
        if (connecting || connections.size() >= limits.connectionsPerLane()) {
            return;
        }
        connecting = true;
        connector.connect(backend, this, this::connected, this::connectFailed);
    }

    private void connected(C connection) {
        connecting = false;
        failuresInARow = 0;
        connections.add(connection);
        serveWaiters();
    }

    private void connectFailed(String cause) {
        connecting = false;
        failuresInARow++;
        lastFailure = cause;
        long pause = Math.min(
                limits.backOffMost().toNanos(), limits.backOffFirst().toNanos() << Math.min(20, failuresInARow - 1));
        backOffUntilNanos = nanoTime.getAsLong() + pause / 2 + random.nextLong(pause / 2 + 1);
        if (connections.isEmpty()) {
            failWaiters(cause);
        }
    }

    private void serveWaiters() {
        while (!waiters.isEmpty()) {
            C free = leastLoaded();
            if (free == null) {
                if (isBackingOff()) {
                    if (connections.isEmpty() && !connecting) {
                        failWaiters(lastFailure);
                    }
                } else {
                    connectIfUseful();
                }
                return;
            }
            Waiter next = waiters.remove();
            next.stopClock();
            next.ready.accept(free);
        }
    }

    private void failWaiters(String cause) {
        while (!waiters.isEmpty()) {
            Waiter next = waiters.remove();
            next.stopClock();
            next.failed.accept(cause);
        }
    }

    private @Nullable C leastLoaded() {
        C best = null;
        for (C connection : connections) {
            if (connection.hasRoom() && (best == null || connection.openStreams() < best.openStreams())) {
                best = connection;
            }
        }
        return best;
    }

    private boolean isBackingOff() {
        return failuresInARow > 0 && nanoTime.getAsLong() - backOffUntilNanos < 0;
    }

    private final class Waiter implements BackendPool.Waiting {
        private final Consumer<C> ready;
        private final Consumer<String> failed;
        private @Nullable Future<?> deadline;

        private Waiter(Consumer<C> ready, Consumer<String> failed) {
            this.ready = ready;
            this.failed = failed;
        }

        @Override
        public void cancel() {
            stopClock();
            waiters.remove(this);
        }

        private void expire() {
            if (waiters.remove(this)) {
                failed.accept(
                        "no connection with room within " + limits.waitTimeout().toMillis() + " ms");
            }
        }

        private void stopClock() {
            if (deadline != null) {
                deadline.cancel(false);
            }
        }
    }
}
