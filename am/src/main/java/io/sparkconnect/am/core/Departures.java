/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How servers go that are to go: without new sessions first, then in peace. Why one goes is derived anew each time from
 * what is wished, so that a later attempt knows it too. Confined to the core thread.
 */
final class Departures {
    static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(36_500);

    /** When the service stops nobody waits until all proxies know it; a count of before it is none, though. */
    private static final long COUNTED_AFTER_MS = 1_000;

    private final ClusterState cluster;
    private final Endings endings;

    Departures(ClusterState cluster, Endings endings) {
        this.cluster = cluster;
        this.endings = endings;
    }

    /** Begins to take the slot's server away, or its ask; the slot is not filled again. */
    void letGo(Slot slot, long nowMs) {
        slot.leaving = true;
        String why = why(slot);
        switch (slot.state()) {
            case WANTED, BACKOFF -> slot.moveTo(SlotState.GONE, nowMs, why);
            case REQUESTED -> {
                cluster.act(new Action.CancelAsk(slot.allocationRequestId));
                slot.moveTo(SlotState.GONE, nowMs, why);
            }
            case ALLOCATED -> endings.kill(slot, ending(slot), nowMs);
            case STARTING -> endings.stopGracefully(slot, ending(slot), nowMs);
            case READY -> {
                slot.moveTo(SlotState.DRAINING, nowMs, why);
                tellAgent(slot, true);
                cluster.decide(nowMs, slot.name + ": drains: " + why);
            }
            case DRAINING, STOPPING, GONE, UNKNOWN -> {
                // Already on its way.
            }
        }
    }

    /** A draining server takes new sessions again. */
    void takeBack(Slot slot, String why, long nowMs) {
        slot.leaving = false;
        slot.drainsWithoutEnd = false;
        slot.moveTo(SlotState.READY, nowMs, "");
        tellAgent(slot, false);
        cluster.decide(nowMs, slot.name + ": " + why + " and takes new sessions");
    }

    /** Whether the server goes whatever its pool needs, so that it may not be taken back. */
    boolean mustGo(Slot slot) {
        return cluster.drainOrder(slot) != null || supersededBy(slot) != null || cluster.leavingNodes.isOnOne(slot);
    }

    /** How long its sessions may go on. */
    Duration drainsFor(Slot slot) {
        DrainOrder order = cluster.drainOrder(slot);
        if (cluster.isStopping()) {
            return Duration.ofMillis(cluster.spec.drainDeadlineMs());
        }
        if (order != null) {
            return Duration.ofMillis(order.withinMs());
        }
        if (!cluster.nodesSeen) {
            // Its node may leave, and have been given more time than anything else has.
            return AS_LONG_AS_IT_TAKES;
        }
        if (cluster.leavingNodes.isOnOne(slot)) {
            return cluster.leavingNodes.drainsFor(slot);
        }
        return supersededBy(slot) == null ? whenScaledIn(slot) : cluster.policy.drainTimeout();
    }

    private Duration whenScaledIn(Slot slot) {
        PoolSpec pool = cluster.spec.pools().get(slot.pool);
        PoolScaling scaling = pool == null ? null : pool.scaling();
        if (scaling == null) {
            return cluster.policy.drainTimeout();
        }
        return scaling.drainMs() == 0 ? AS_LONG_AS_IT_TAKES : Duration.ofMillis(scaling.drainMs());
    }

    /** Whether no session can be on a draining server any more. */
    boolean isEmpty(Slot slot, long nowMs) {
        PoolSpec pool = cluster.spec.pools().get(slot.pool);
        boolean proxiesMatter = pool != null && pool.scaling() != null && !cluster.isStopping();
        if (slot.load.operations() > 0 || (proxiesMatter && !cluster.proxies.areKnown())) {
            return false;
        }
        if (slot.load.sessions() < 0) {
            // Such a server cannot tell, and may have sessions until the deadline unless the proxies know better.
            return slot.grant != null
                    && cluster.proxies.vouchForNone(
                            slot.grant.containerId(),
                            slot.readyAtMs,
                            cluster.wall.shownAt(slot.readyAtMs),
                            slot.sinceMs(),
                            nowMs);
        }
        if (slot.load.sessions() > 0 || slot.grant == null) {
            return false;
        }
        return cluster.isStopping()
                ? slot.loadSeenAtMs >= slot.sinceMs() + COUNTED_AFTER_MS
                : cluster.proxies.believeInNone(slot.grant.containerId(), slot.loadSeenAtMs, slot.sinceMs());
    }

    /**
     * Whether a draining server has neither a deadline nor anybody who could ever tell that it is empty: it is of a Spark
     * version that cannot, and a proxy has come or gone since it became ready.
     */
    boolean drainsWithoutEnd(Slot slot) {
        return slot.loadSeenAtMs >= slot.sinceMs()
                && slot.load.sessions() < 0
                && cluster.proxies.areKnown()
                && isWithoutDeadline(slot)
                && !cluster.proxies.haveKnownAllSince(slot.readyAtMs, cluster.wall.shownAt(slot.readyAtMs));
    }

    boolean isWithoutDeadline(Slot slot) {
        return drainsFor(slot).equals(AS_LONG_AS_IT_TAKES);
    }

    /** How its end is certified. */
    Ending ending(Slot slot) {
        if (cluster.isStopping()) {
            return new Ending(DeathCause.STOPPED_BY_OPERATOR, "", null, false);
        }
        if (cluster.drainOrder(slot) == null && cluster.leavingNodes.isOnOne(slot)) {
            return LeavingNodes.ending(slot);
        }
        boolean wished = mustGo(slot);
        return new Ending(
                wished ? DeathCause.STOPPED_BY_OPERATOR : DeathCause.SCALED_IN, wished ? why(slot) : "", null, false);
    }

    private String why(Slot slot) {
        if (cluster.isStopping()) {
            return "the service stops";
        }
        DrainOrder order = cluster.drainOrder(slot);
        if (order != null) {
            return order.by() + " drains " + (cluster.isDrained(slot.heldGrant().node()) ? "its node" : "it");
        }
        if (cluster.leavingNodes.isOnOne(slot)) {
            return LeavingNodes.WHY_DRAINED;
        }
        RolloutOrder rollout = supersededBy(slot);
        if (rollout != null) {
            return "a new server stands in for it: " + rollout.what();
        }
        return "the pool needs fewer servers";
    }

    private @Nullable RolloutOrder supersededBy(Slot slot) {
        PoolSpec wished = cluster.spec.pools().get(slot.pool);
        PoolSpec launch = cluster.launchSpec(slot.pool);
        boolean old = launch != null && slot.grant != null && slot.revision != launch.revision();
        return old && wished != null ? wished.rollout() : null;
    }

    private void tellAgent(Slot slot, boolean drain) {
        JoinRequest server = slot.server;
        if (server != null) {
            cluster.act(new Action.DrainAgent(server.containerId(), server.agentUrl(), drain));
        }
    }
}
