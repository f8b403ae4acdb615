/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.SlotState;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What keeps each pool from asking for containers. It is found anew in each pass, and told once: when it comes, when it is
 * another one, and when it ends. Confined to the core thread.
 */
final class Obstacles {
    private final ClusterState cluster;
    private final Map<String, String> byPool = new HashMap<>();

    Obstacles(ClusterState cluster) {
        this.cluster = cluster;
    }

    void meets(String pool, String obstacle, long nowMs) {
        // The list of nodes is there a moment after an attempt's begin: nothing that an operator would act on.
        if (cluster.nodesSeen && !obstacle.equals(byPool.put(pool, obstacle))) {
            cluster.decide(nowMs, "pool " + pool + ": asks for no container: " + obstacle);
        }
    }

    void ends(String pool, long nowMs) {
        if (byPool.remove(pool) != null) {
            cluster.decide(nowMs, "pool " + pool + ": asks for containers again");
        }
    }

    /** The slot's ask was taken: if one of its pool's had been refused before it was made, that is over. */
    void endRefusal(Slot slot, long nowMs) {
        if (cluster.refusals.taken(slot.pool, slot.sinceMs())) {
            ends(slot.pool, nowMs);
        }
    }

    /** A pool that wants none now and is hindered again later has that told again. */
    void keepOnlyPoolsOf(Collection<Slot> slots) {
        Set<String> asking = slots.stream()
                .filter(slot -> slot.is(SlotState.WANTED)
                        || (slot.is(SlotState.REQUESTED) && cluster.refusals.isNoted(slot.pool)))
                .map(slot -> slot.pool)
                .collect(Collectors.toSet());
        byPool.keySet().retainAll(asking);
    }
}
