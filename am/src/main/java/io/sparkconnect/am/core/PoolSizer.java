/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.SlotState;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Brings the number of a pool's slots to its target. Confined to the core thread. */
final class PoolSizer {
    /** Whom to give up first: what costs least, then the emptiest server, then the highest number. */
    static final Comparator<Slot> CHEAPEST_FIRST = Comparator.comparingInt(PoolSizer::cost)
            .thenComparingInt(slot -> slot.sessions() < 0 ? Integer.MAX_VALUE : slot.sessions())
            .thenComparingInt(slot -> slot.load.operations() < 0 ? Integer.MAX_VALUE : slot.load.operations())
            .thenComparing(slot -> ClusterState.index(slot.name), Comparator.reverseOrder());

    private final ClusterState cluster;
    private final Departures departures;
    private final Rollouts rollouts;

    PoolSizer(ClusterState cluster, Departures departures, Rollouts rollouts) {
        this.cluster = cluster;
        this.departures = departures;
        this.rollouts = rollouts;
    }

    void size(String pool, long nowMs) {
        if (!cluster.nodesSeen && !cluster.isStopping()) {
            // Servers may drain, and others stand in for them, because nodes leave: which do is not known yet.
            return;
        }
        int target = cluster.target(pool) + rollouts.surge(pool) + cluster.leavingNodes.surge(pool);
        List<Slot> slots = cluster.slotsOf(pool);
        // A server that drains is sooner back than a container that YARN has yet to give.
        int without = (int)
                slots.stream().filter(slot -> stays(slot) && slot.grant == null).count();
        int staying = (int) slots.stream().filter(PoolSizer::stays).count();
        staying += takeBack(slots, target - staying + without, nowMs);
        if (staying > target) {
            slots.stream()
                    .filter(PoolSizer::stays)
                    .sorted(CHEAPEST_FIRST)
                    .limit(staying - target)
                    .forEach(slot -> departures.letGo(slot, nowMs));
        } else if (staying < target) {
            add(pool, target - staying, nowMs);
        }
    }

    /** Whether it has, or will have, a server that its pool counts on. */
    static boolean stays(Slot slot) {
        return !slot.leaving && !slot.is(SlotState.GONE) && !slot.is(SlotState.DRAINING);
    }

    private static int cost(Slot slot) {
        return switch (slot.state()) {
            case GONE, STOPPING, UNKNOWN -> 0;
            case WANTED, BACKOFF -> 1;
            case REQUESTED -> 2;
            case ALLOCATED -> 3;
            case STARTING -> 4;
            case DRAINING -> 5;
            case READY -> 6;
        };
    }

    /** Draining servers, fullest first, are ready again where the pool needs more. Yields how many. */
    private int takeBack(List<Slot> slots, int wanted, long nowMs) {
        List<Slot> draining = slots.stream()
                .filter(slot -> slot.is(SlotState.DRAINING) && !departures.mustGo(slot))
                .sorted(CHEAPEST_FIRST.reversed())
                .limit(Math.max(0, wanted))
                .toList();
        draining.forEach(slot -> departures.takeBack(slot, "is wanted again", nowMs));
        return draining.size();
    }

    private void add(String pool, int count, long nowMs) {
        Set<String> taken = new HashSet<>(cluster.slots.keySet());
        IntStream.iterate(0, index -> index + 1)
                .mapToObj(index -> ClusterState.slotName(pool, index))
                .filter(name -> !taken.contains(name))
                .limit(count)
                .forEach(name -> cluster.slots.put(name, new Slot(name, pool, nowMs)));
    }
}
