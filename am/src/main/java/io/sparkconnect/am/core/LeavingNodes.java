/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Servers on nodes that leave the cluster in peace. Others are started elsewhere first, beyond the pool's target; when they
 * are ready, or when half of the node's time is over, the leaving ones drain, for as long as the node stays. Confined to the
 * core thread.
 */
final class LeavingNodes {
    /** Tells a later attempt, too, why a server drains. */
    static final String WHY_DRAINED = "its node leaves the cluster";

    /** Before YARN takes the node, its servers have ended by themselves. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private final ClusterState cluster;
    private final Map<String, Long> sinceMs = new HashMap<>();

    LeavingNodes(ClusterState cluster) {
        this.cluster = cluster;
    }

    void nodesSeen(long nowMs) {
        sinceMs.keySet().removeIf(node -> !isLeaving(node));
        cluster.nodes.values().stream()
                .filter(NodeView::isLeaving)
                .filter(node -> sinceMs.putIfAbsent(node.node(), atTheLatest(node.node(), nowMs)) == null)
                .forEach(node -> cluster.decide(nowMs, "node " + node.node() + " leaves the cluster" + when(node)));
    }

    /**
     * Since when the node leaves: YARN says only how much time it was given then. If an earlier attempt saw it leave, its
     * servers may drain already.
     */
    private long atTheLatest(String node, long nowMs) {
        return cluster.slots.values().stream()
                .filter(slot -> slot.is(SlotState.DRAINING) && slot.reason().equals(WHY_DRAINED))
                .filter(slot -> slot.heldGrant().node().equals(node))
                .mapToLong(Slot::sinceMs)
                .min()
                .orElse(nowMs);
    }

    boolean isLeaving(String node) {
        NodeView view = cluster.nodes.get(node);
        return view != null && view.isLeaving();
    }

    boolean isOnOne(Slot slot) {
        return slot.grant != null && isLeaving(slot.grant.node());
    }

    /** Servers above its target that the pool may have, because as many will go. */
    int surge(String pool) {
        return cluster.isStopping() ? 0 : (int) leaving(pool).count();
    }

    void step(String pool, Departures departures, Endings endings, long nowMs) {
        if (cluster.isStopping()) {
            return;
        }
        for (Slot slot : cluster.slotsOf(pool)) {
            boolean early = slot.is(SlotState.ALLOCATED) || slot.is(SlotState.STARTING);
            if (early && !slot.leaving && isOnOne(slot)) {
                // No session knows it; its slot asks again, elsewhere.
                endings.stopGracefully(slot, departures.ending(slot), nowMs);
            }
        }
        List<Slot> leaving = leaving(pool).sorted(PoolSizer.CHEAPEST_FIRST).toList();
        long others = cluster.slotsOf(pool).stream()
                .filter(slot -> slot.is(SlotState.READY) && !isOnOne(slot))
                .count();
        long replaced = Math.max(0, others + leaving.size() - cluster.target(pool));
        for (Slot slot : leaving) {
            if (replaced > 0 || isHalfOver(slot.heldGrant().node(), nowMs)) {
                departures.letGo(slot, nowMs);
                replaced--;
            } else {
                slot.explain(WHY_DRAINED + "; another server is started in its place");
            }
        }
    }

    /** How long sessions on the slot's server may go on once it drains. */
    Duration drainsFor(Slot slot) {
        String node = slot.heldGrant().node();
        NodeView view = cluster.nodes.get(node);
        Long since = sinceMs.get(node);
        if (view == null || view.leavesWithin() == null || since == null) {
            return Departures.AS_LONG_AS_IT_TAKES;
        }
        Duration margin = cluster.policy.stopGrace().plus(MARGIN);
        long untilMs = since + view.leavesWithin().minus(margin).toMillis();
        return Duration.ofMillis(Math.max(0, untilMs - slot.sinceMs()));
    }

    /** How the end of a server on the node is certified. */
    static Ending ending(Slot slot) {
        return new Ending(
                DeathCause.NODE_DECOMMISSIONED, "node " + slot.heldGrant().node(), null, false);
    }

    private Stream<Slot> leaving(String pool) {
        return cluster.slotsOf(pool).stream()
                .filter(slot -> slot.is(SlotState.READY) && !slot.leaving && isOnOne(slot));
    }

    private boolean isHalfOver(String node, long nowMs) {
        NodeView view = cluster.nodes.get(node);
        Long since = sinceMs.get(node);
        return view != null
                && view.leavesWithin() != null
                && since != null
                && nowMs - since >= view.leavesWithin().toMillis() / 2;
    }

    private static String when(NodeView node) {
        return node.leavesWithin() == null
                ? ""
                : " within " + node.leavesWithin().toSeconds() + " s";
    }
}
