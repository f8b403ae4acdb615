/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.SlotState;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Brings the number of a pool's slots to its target. Confined to the core thread. */
final class PoolSizer {
    /** Whom to give up first: what costs least, then the emptiest server, then the highest number. */
    private static final Comparator<Slot> CHEAPEST_FIRST = Comparator.comparingInt(PoolSizer::cost)
            .thenComparingInt(slot -> slot.load.sessions() < 0 ? Integer.MAX_VALUE : slot.load.sessions())
            .thenComparingInt(slot -> slot.load.operations() < 0 ? Integer.MAX_VALUE : slot.load.operations())
            .thenComparing(slot -> ClusterState.index(slot.name), Comparator.reverseOrder());

    private final ClusterState cluster;
    private final Endings endings;

    PoolSizer(ClusterState cluster, Endings endings) {
        this.cluster = cluster;
        this.endings = endings;
    }

    void size(String pool, long nowMs) {
        int target = cluster.target(pool);
        List<Slot> slots = cluster.slotsOf(pool);
        int staying = (int) slots.stream().filter(PoolSizer::stays).count();
        if (staying > target) {
            slots.stream()
                    .filter(PoolSizer::stays)
                    .sorted(CHEAPEST_FIRST)
                    .limit(staying - target)
                    .forEach(slot -> letGo(slot, nowMs));
        } else if (staying < target) {
            int kept = takeBack(slots, target - staying, nowMs);
            add(pool, target - staying - kept, nowMs);
        }
    }

    private static boolean stays(Slot slot) {
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
                .filter(slot -> slot.is(SlotState.DRAINING))
                .sorted(CHEAPEST_FIRST.reversed())
                .limit(wanted)
                .toList();
        for (Slot slot : draining) {
            slot.leaving = false;
            slot.moveTo(SlotState.READY, nowMs, "");
            JoinRequest server = slot.server;
            if (server != null) {
                cluster.act(new Action.DrainAgent(server.containerId(), server.agentUrl(), false));
            }
            cluster.decide(nowMs, slot.name + ": is wanted again and takes new sessions");
        }
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

    private void letGo(Slot slot, long nowMs) {
        slot.leaving = true;
        String why = cluster.isStopping() ? "the service stops" : "the pool needs fewer servers";
        switch (slot.state()) {
            case WANTED, BACKOFF -> slot.moveTo(SlotState.GONE, nowMs, why);
            case REQUESTED -> {
                cluster.act(new Action.CancelAsk(slot.allocationRequestId));
                slot.moveTo(SlotState.GONE, nowMs, why);
            }
            case ALLOCATED -> endings.kill(slot, wish(), nowMs);
            case STARTING -> endings.stopGracefully(slot, wish(), nowMs);
            case READY -> {
                slot.moveTo(SlotState.DRAINING, nowMs, why);
                JoinRequest server = slot.server;
                if (server != null) {
                    cluster.act(new Action.DrainAgent(server.containerId(), server.agentUrl(), true));
                }
                cluster.decide(nowMs, slot.name + ": drains: " + why);
            }
            case DRAINING, STOPPING, GONE, UNKNOWN -> {
                // Already on its way.
            }
        }
    }

    /** Why a server that is not needed any more ends. */
    Ending wish() {
        return new Ending(
                cluster.isStopping() ? DeathCause.STOPPED_BY_OPERATOR : DeathCause.SCALED_IN, "", null, false);
    }
}
