/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.core.QueueView;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The registry's counters and gauges, and what is known of pools, servers, queues and nodes, for Prometheus. */
final class PrometheusText {
    private static final long MIB = 1024 * 1024;

    private final MetricText text = new MetricText();

    private PrometheusText() {}

    static String of(MetricRegistry metrics, @Nullable Outlook outlook) {
        PrometheusText all = new PrometheusText();
        all.counted(metrics);
        if (outlook != null) {
            all.attempt(outlook.live());
            all.pools(new TreeMap<>(outlook.live().pools()));
            all.slots(outlook.live());
            all.rollouts(new TreeMap<>(outlook.live().pools()));
            all.deaths(outlook.image().deaths());
            all.drained(outlook);
            all.surroundings(outlook);
        }
        return all.text.toString();
    }

    private void counted(MetricRegistry metrics) {
        metrics.getGauges().forEach(this::number);
        for (Map.Entry<String, Counter> counter : metrics.getCounters().entrySet()) {
            text.single(name(counter.getKey()), "counter", counter.getValue().getCount());
        }
    }

    private void number(String name, Gauge<?> gauge) {
        if (gauge.getValue() instanceof Number value) {
            text.single(name(name), "gauge", value);
        }
    }

    private void attempt(ServiceStatus status) {
        text.single("sparkconnect_am_attempt", "gauge", status.attempt());
        text.single("sparkconnect_am_spec_generation", "gauge", status.generation());
    }

    private void pools(Map<String, PoolStatus> pools) {
        pools(pools, "desired", PoolStatus::desired);
        pools(pools, "ready", PoolStatus::ready);
        pools(pools, "starting", PoolStatus::starting);
        pools(pools, "draining", PoolStatus::draining);
        pools(pools, "sessions", PoolStatus::sessions);
        pools(pools, "restarts", PoolStatus::restarts);
        scaling(pools, "needed", ScalingStatus::needed);
        scaling(pools, "room", ScalingStatus::room);
        scaling(pools, "held_sessions", ScalingStatus::held);
        scaling(pools, "pending_asks", ScalingStatus::pendingAsks);
        text.metric("sparkconnect_pool_limited", "gauge");
        of(pools, PoolStatus::scaling, this::limits);
    }

    private void pools(Map<String, PoolStatus> pools, String what, ToLongFunction<PoolStatus> figure) {
        String name = "sparkconnect_pool_" + what;
        text.metric(name, "gauge");
        pools.forEach((pool, counts) -> text.sample(name, figure.applyAsLong(counts), "pool", pool));
    }

    /** Figures that only pools have whose size follows their load. */
    private void scaling(Map<String, PoolStatus> pools, String what, ToLongFunction<ScalingStatus> figure) {
        String name = "sparkconnect_pool_" + what;
        text.metric(name, "gauge");
        of(pools, PoolStatus::scaling, (pool, scaling) -> text.sample(name, figure.applyAsLong(scaling), "pool", pool));
    }

    /** What keeps a pool from what it needs: 1 for what does, 0 for what does not, so that an alert can name it. */
    private void limits(String pool, ScalingStatus scaling) {
        which("sparkconnect_pool_limited", pool, "by", ScalingStatus.Limit.values(), scaling.limit());
    }

    private <E extends Enum<E>> void which(String name, String pool, String label, E[] all, @Nullable E now) {
        for (E one : all) {
            text.sample(name, one == now ? 1 : 0, "pool", pool, label, MetricText.word(one));
        }
    }

    /** Slots of every pool in every state: those that wait for YARN are {@code requested}. */
    private void slots(ServiceStatus status) {
        Map<String, Map<SlotState, Long>> counts = status.slots().stream()
                .collect(Collectors.groupingBy(
                        SlotStatus::pool,
                        TreeMap::new,
                        Collectors.groupingBy(SlotStatus::state, Collectors.counting())));
        text.metric("sparkconnect_slots", "gauge");
        for (String pool : new TreeSet<>(status.pools().keySet())) {
            for (SlotState state : SlotState.values()) {
                long count = counts.getOrDefault(pool, Map.of()).getOrDefault(state, 0L);
                text.sample("sparkconnect_slots", count, "pool", pool, "state", MetricText.word(state));
            }
        }
    }

    private void rollouts(Map<String, PoolStatus> pools) {
        text.metric("sparkconnect_rollout_state", "gauge");
        of(
                pools,
                PoolStatus::rollout,
                (pool, rollout) ->
                        which("sparkconnect_rollout_state", pool, "state", RolloutState.values(), rollout.state()));
        rollouts(pools, "revision", RolloutStatus::revision);
        rollouts(pools, "servers", RolloutStatus::servers);
        rollouts(pools, "servers_updated", RolloutStatus::updated);
    }

    private void rollouts(Map<String, PoolStatus> pools, String what, ToLongFunction<RolloutStatus> figure) {
        String name = "sparkconnect_rollout_" + what;
        text.metric(name, "gauge");
        of(pools, PoolStatus::rollout, (pool, rollout) -> text.sample(name, figure.applyAsLong(rollout), "pool", pool));
    }

    /** A gauge: certificates are kept for a while, over attempts, and a cause may be found out later. */
    private void deaths(Map<String, DeathCertificate> deaths) {
        Map<DeathCause, Long> counts =
                deaths.values().stream().collect(Collectors.groupingBy(DeathCertificate::cause, Collectors.counting()));
        text.metric("sparkconnect_deaths", "gauge");
        for (DeathCause cause : DeathCause.values()) {
            text.sample("sparkconnect_deaths", counts.getOrDefault(cause, 0L), "cause", MetricText.word(cause));
        }
    }

    private void drained(Outlook outlook) {
        Orders orders = outlook.spec().ordersOrNone();
        long servers = outlook.live().slots().stream()
                .map(SlotStatus::serverId)
                .filter(id -> id != null && orders.drainedServers().containsKey(id))
                .count();
        text.single("sparkconnect_drained_nodes", "gauge", orders.drainedNodes().size());
        text.single("sparkconnect_drained_servers", "gauge", servers);
        text.single(
                "sparkconnect_avoided_nodes",
                "gauge",
                outlook.surroundings().avoidedNodes().size());
    }

    private void surroundings(Outlook outlook) {
        text.metric("sparkconnect_nodes", "gauge");
        new TreeMap<>(outlook.surroundings().nodes())
                .forEach((condition, count) ->
                        text.sample("sparkconnect_nodes", count, "condition", MetricText.word(condition)));
        shares(outlook, "guaranteed", QueueView.Share::guaranteedMiB);
        shares(outlook, "maximum", QueueView.Share::maximumMiB);
        text.metric("sparkconnect_queue_allocated_bytes", "gauge");
        for (QueueView queue : outlook.surroundings().queues()) {
            text.sample("sparkconnect_queue_allocated_bytes", queue.allocatedMiB() * MIB, "queue", queue.name());
        }
    }

    private void shares(Outlook outlook, String what, ToLongFunction<QueueView.Share> figureMiB) {
        String name = "sparkconnect_queue_" + what + "_bytes";
        text.metric(name, "gauge");
        for (QueueView queue : outlook.surroundings().queues()) {
            new TreeMap<>(queue.partitions())
                    .forEach((label, share) -> text.sample(
                            name, figureMiB.applyAsLong(share) * MIB, "queue", queue.name(), "label", label));
        }
    }

    private interface OfPool<T> {
        void tell(String pool, T part);
    }

    private static <T> void of(
            Map<String, PoolStatus> pools, Function<PoolStatus, @Nullable T> part, OfPool<T> teller) {
        pools.forEach((pool, counts) -> {
            T found = part.apply(counts);
            if (found != null) {
                teller.tell(pool, found);
            }
        });
    }

    private static String name(String dotted) {
        return dotted.replaceAll("[^A-Za-z0-9_]", "_");
    }
}
