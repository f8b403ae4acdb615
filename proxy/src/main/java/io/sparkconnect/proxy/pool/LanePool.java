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

    /** @param except not to be taken while another connection is there or can be made */
    BackendPool.Waiting acquire(@Nullable C except, Turn turn, Consumer<C> ready, Consumer<NoConnection> failed) {
        C free = leastLoaded(except);
        if (free == null && except != null && !mayGrow()) {
            free = leastLoaded(null);
        }
        if (free != null) {
            ready.accept(free);
            return () -> {};
        }
        if (!connecting && isBackingOff()) {
            failed.accept(new NoConnection(NoConnection.Kind.CANNOT_CONNECT, lastFailure));
            return () -> {};
        }
        if (turn == Turn.IN_LINE && waiters.size() >= limits.waiting()) {
            failed.accept(new NoConnection(
                    NoConnection.Kind.NO_ROOM, "too many requests wait for a connection (" + waiters.size() + ")"));
            return () -> {};
        }
        Waiter waiter = new Waiter(except, ready, failed);
        if (turn == Turn.FIRST) {
            waiters.addFirst(waiter);
        } else {
            waiters.addLast(waiter);
        }
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

    private boolean mayGrow() {
        return connecting || (connections.size() < limits.connectionsPerLane() && !isBackingOff());
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
        } else {
            // The same connection once more is better than none.
            waiters.forEach(waiter -> waiter.except = null);
            serveWaiters();
        }
    }

    private void serveWaiters() {
        Waiter next;
        while ((next = firstServable()) != null) {
            C free = leastLoaded(next.except);
            waiters.remove(next);
            next.stopClock();
            if (free != null) {
                next.ready.accept(free);
            }
        }
        if (waiters.isEmpty()) {
            return;
        }
        if (!isBackingOff()) {
            connectIfUseful();
        } else if (connections.isEmpty() && !connecting) {
            failWaiters(lastFailure);
        }
    }

    private @Nullable Waiter firstServable() {
        for (Waiter waiter : waiters) {
            if (leastLoaded(waiter.except) != null) {
                return waiter;
            }
            if (waiter.except == null) {
                return null;
            }
        }
        return null;
    }

    private void failWaiters(String cause) {
        while (!waiters.isEmpty()) {
            Waiter next = waiters.remove();
            next.stopClock();
            next.failed.accept(new NoConnection(NoConnection.Kind.CANNOT_CONNECT, cause));
        }
    }

    @SuppressWarnings("ReferenceEquality") // That very connection is meant.
    private @Nullable C leastLoaded(@Nullable C except) {
        C best = null;
        for (C connection : connections) {
            if (connection != except
                    && connection.hasRoom()
                    && (best == null || connection.openStreams() < best.openStreams())) {
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
        private final Consumer<NoConnection> failed;
        private @Nullable C except;
        private @Nullable Future<?> deadline;

        private Waiter(@Nullable C except, Consumer<C> ready, Consumer<NoConnection> failed) {
            this.except = except;
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
                failed.accept(new NoConnection(
                        connections.isEmpty() ? NoConnection.Kind.CANNOT_CONNECT : NoConnection.Kind.NO_ROOM,
                        "no connection with room within " + limits.waitTimeout().toMillis() + " ms"));
            }
        }

        private void stopClock() {
            if (deadline != null) {
                deadline.cancel(false);
            }
        }
    }
}
