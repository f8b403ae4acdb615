/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.am.scale.PoolScaler;
import io.sparkconnect.registry.PoolSpec;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** YARN wants containers for another queue, or has taken them: pools have fewer servers for a while. */
final class Preemption {
    private Preemption() {}

    /** Which servers go is the pool's choice, not YARN's: it wants room, and takes the named ones only if none is made. */
    static void warned(ClusterState cluster, Event.PreemptionWarned warned, long nowMs) {
        Map<String, Set<String>> byPool = new TreeMap<>();
        for (String containerId : warned.containerIds()) {
            Slot slot = cluster.slotHolding(containerId);
            if (slot != null) {
                byPool.computeIfAbsent(slot.pool, name -> new TreeSet<>()).add(containerId);
            }
        }
        byPool.forEach((name, containers) -> {
            PoolSpec pool = cluster.spec.pools().get(name);
            PoolScaler scaler = cluster.scalers.get(name);
            int fresh = pool == null || scaler == null ? 0 : scaler.wishedBack(containers, pool, nowMs);
            boolean fixed = pool == null || PoolScaler.isFixed(pool);
            if (fresh > 0 || fixed) {
                cluster.scalingDue = true;
                cluster.decide(
                        nowMs,
                        "pool " + name + ": YARN " + (warned.deadline() ? "will take " : "wants back ") + containers
                                + " for another queue; "
                                + (fixed
                                        ? "keeps them, since the pool's size is fixed"
                                        : "gives up as many servers, the emptiest first"));
            }
        });
    }

    static void taken(ClusterState cluster, Slot slot, String containerId, long nowMs) {
        PoolSpec pool = cluster.spec.pools().get(slot.pool);
        PoolScaler scaler = cluster.scalers.get(slot.pool);
        if (pool != null && scaler != null) {
            scaler.taken(containerId, pool, nowMs);
            cluster.scalingDue = true;
        }
    }
}
