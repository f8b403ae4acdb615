/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.pool;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.route.Backend;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The connections of one event loop to all servers. Confined to that loop. */
public final class BackendPool<C extends PooledConnection> {
    private final EventExecutor loop;
    private final Connector<C> connector;
    private final PoolLimits limits;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final Map<LaneKey, LanePool<C>> lanes = new HashMap<>();
    private @Nullable Future<?> sweep;

    public BackendPool(
            EventExecutor loop,
            Connector<C> connector,
            PoolLimits limits,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.loop = loop;
        this.connector = connector;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * Finds or makes a connection with room. Exactly one callback runs, on the loop, maybe before this returns; none after
     * {@link Waiting#cancel}. The taker starts its stream within the callback.
     *
     * @param failed gets the reason
     */
    public Waiting acquire(Backend backend, Lane lane, Consumer<C> ready, Consumer<NoConnection> failed) {
        return acquireOther(backend, lane, Turn.IN_LINE, null, ready, failed);
    }

    /**
     * As {@link #acquire}, for a stream that {@code except} has just refused: another connection if there is or may be one, else
     * the same once more.
     */
    public Waiting acquireOther(
            Backend backend,
            Lane lane,
            Turn turn,
            @Nullable C except,
            Consumer<C> ready,
            Consumer<NoConnection> failed) {
        assert loop.inEventLoop();
        sweepRegularly();
        return lanes.computeIfAbsent(
                        new LaneKey(backend, lane),
                        key -> new LanePool<>(key.backend(), loop, connector, limits, nanoTime, random))
                .acquire(except, turn, ready, failed);
    }

    /** How many connections there are, for the metrics; on the loop. */
    public int connections() {
        return lanes.values().stream().mapToInt(LanePool::size).sum();
    }

    /** Retires every connection: each closes after its last stream. */
    public void retireAll() {
        assert loop.inEventLoop();
        if (sweep != null) {
            sweep.cancel(false);
            sweep = null;
        }
        List.copyOf(lanes.values()).forEach(LanePool::retireAll);
    }

    private void sweepRegularly() {
        if (sweep == null) {
            long everyMs = Math.max(10, Math.min(60_000, limits.idleTimeout().toMillis() / 4));
            sweep = loop.scheduleWithFixedDelay(this::sweep, everyMs, everyMs, TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        for (LanePool<C> lane : new ArrayList<>(lanes.values())) {
            lane.retireIdle();
        }
        lanes.values().removeIf(LanePool::isForgettable);
    }

    /** A place in the queue. */
    public interface Waiting {
        /** The stream is gone; no callback will run. Idempotent; on the loop. */
        void cancel();
    }

    private record LaneKey(Backend backend, Lane lane) {}
}
