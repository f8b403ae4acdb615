/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.am.scale.PoolLoad;
import io.sparkconnect.am.scale.PoolScaler;
import io.sparkconnect.am.scale.Room;
import io.sparkconnect.am.scale.ScalingDecision;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.TreeSet;

/** Has each pool's target decided from what is known of the pool. Confined to the core thread. */
final class Scaling {
    private static final long EVERY_MS = 500;
    /** A heap that was nearly full at each look for so long is not merely waiting for its next collection. */
    private static final Duration STRAINED_AFTER = Duration.ofMinutes(2);

    private final ClusterState cluster;
    private long decidedAtMs;

    Scaling(ClusterState cluster) {
        this.cluster = cluster;
    }

    void decideWhenDue(long nowMs) {
        boolean due = cluster.scalingDue || nowMs - decidedAtMs >= EVERY_MS;
        if (!due || cluster.isStopping()) {
            return;
        }
        cluster.scalingDue = false;
        decidedAtMs = nowMs;
        cluster.scalers.keySet().retainAll(cluster.spec.pools().keySet());
        cluster.scaled.keySet().retainAll(cluster.spec.pools().keySet());
        String anyPool = anyPool(cluster.spec);
        for (PoolSpec pool : cluster.launchSpecs()) {
            PoolLoad load = load(pool, pool.name().equals(anyPool), nowMs);
            Room room = cluster.queues.room(pool);
            int before = cluster.target(pool.name());
            ScalingDecision decision = cluster.scalers
                    .computeIfAbsent(pool.name(), name -> new PoolScaler())
                    .decide(pool, load, room, nowMs);
            cluster.scaled.put(pool.name(), new Scaled(decision, load, room));
            if (!decision.grounds().isEmpty()) {
                cluster.decide(
                        nowMs,
                        "pool " + pool.name() + ": " + servers(decision.target()) + " instead of " + before + ": "
                                + decision.grounds());
            }
        }
    }

    private PoolLoad load(PoolSpec pool, boolean forAnyPoolToo, long nowMs) {
        int slots = 0;
        int holding = 0;
        int up = 0;
        int pending = 0;
        int sessions = 0;
        int operations = 0;
        int strained = 0;
        int strainedSessions = 0;
        for (Slot slot : cluster.slotsOf(pool.name())) {
            if (slot.grant != null) {
                slot.bound = cluster.proxies.sessions(slot.grant.containerId());
            }
            if (slot.isPublished()) {
                sessions += Math.max(0, slot.sessions());
                operations += Math.max(0, slot.load.operations());
            }
            if (!PoolSizer.stays(slot)) {
                continue;
            }
            slots++;
            holding += slot.grant != null ? 1 : 0;
            pending += slot.is(SlotState.REQUESTED) ? 1 : 0;
            if (slot.is(SlotState.READY)) {
                up++;
                if (slot.heapHighSinceMs > 0 && nowMs - slot.heapHighSinceMs >= STRAINED_AFTER.toMillis()) {
                    strained++;
                    strainedSessions += Math.max(0, slot.sessions());
                }
            }
        }
        int held = cluster.proxies.held(pool.name(), forAnyPoolToo);
        boolean known = cluster.proxies.areKnown();
        return new PoolLoad(slots, holding, up, pending, sessions, held, operations, strained, strainedSessions, known);
    }

    /** Who takes sessions that any pool will do for: the default pool, or else the first. */
    private static String anyPool(ServiceSpec spec) {
        TreeSet<String> names = new TreeSet<>(spec.pools().keySet());
        String standard = spec.routingInForce().defaultPool();
        return names.isEmpty() || names.contains(standard) ? standard : names.first();
    }

    private static String servers(int count) {
        return count == 1 ? "1 server" : count + " servers";
    }
}
