/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.SlotState;
import java.util.List;

/**
 * Servers and nodes that an operator drains: their sessions go on for a while, others are started elsewhere at once.
 * Confined to the core thread.
 */
final class Drains {
    private final ClusterState cluster;
    private final Departures departures;

    Drains(ClusterState cluster, Departures departures) {
        this.cluster = cluster;
        this.departures = departures;
    }

    void step(long nowMs) {
        for (Slot slot : List.copyOf(cluster.slots.values())) {
            if (cluster.drainOrder(slot) != null) {
                slot.drainedByOrder = true;
                if (!slot.leaving) {
                    departures.letGo(slot, nowMs);
                }
            } else if (slot.drainedByOrder) {
                slot.drainedByOrder = false;
                if (slot.is(SlotState.DRAINING) && !departures.mustGo(slot) && !cluster.isStopping()) {
                    // Whom the pool has too many of then, its size decides.
                    departures.takeBack(slot, "is not drained any more", nowMs);
                }
            }
        }
    }
}
