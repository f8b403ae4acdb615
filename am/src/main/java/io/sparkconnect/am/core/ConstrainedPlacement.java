/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where servers should go when YARN spreads them: each ask says how many of our servers a node may have already, so that
 * asks that YARN answers in their order fill the emptiest nodes first. Node strikes and drained nodes stay a matter of the
 * blacklist, which holds for these asks too.
 */
final class ConstrainedPlacement {
    private ConstrainedPlacement() {}

    /** Gives the slot's next ask its tag, and its constraint while the slot may still wait for one. */
    static void constrain(ClusterState cluster, Slot slot, PoolSpec pool, long nowMs) {
        if (!cluster.spreading.byConstraints()) {
            slot.spread = null;
            return;
        }
        // Its own ask is the one that is being made.
        slot.spread = null;
        Set<String> nodes = nodesFor(cluster, pool, nowMs);
        int othersAtMost = Spread.ANY_NUMBER;
        if (nowMs < slot.spreadUntilMs && !nodes.isEmpty()) {
            slot.spreadLevel = emptiestAfterAsks(cluster, pool, nodes);
            othersAtMost = slot.spreadLevel + mostEnding(cluster, nodes, slot.spreadLevel);
        }
        slot.spread = new Spread(tag(cluster), othersAtMost);
    }

    /** YARN does not count containers that have no tag, because an attempt without constraints asked for them: we do. */
    static boolean isTooCrowded(ClusterState cluster, Slot slot, String node) {
        int servers = Placement.serversOn(cluster, Set.of(node)).getOrDefault(node, 0);
        return slot.isAskConstrained() && servers > slot.spreadLevel;
    }

    /** Those among the nodes that some ask could go to, and that have too many servers for each of them, as we count. */
    static Set<String> crowdedNodes(ClusterState cluster, Set<String> eligible) {
        Map<String, Integer> mostByLabel = new HashMap<>();
        for (Slot ask : constrainedAsks(cluster)) {
            PoolSpec pool = cluster.launchSpec(ask.pool);
            if (pool != null) {
                mostByLabel.merge(label(cluster, pool), ask.spreadLevel, Math::max);
            }
        }
        Set<String> crowded = new HashSet<>();
        Placement.serversOn(cluster, eligible)
                .forEach((node, servers) -> mostByLabel.forEach((label, most) -> {
                    if (isFor(cluster, label, node) && servers > most) {
                        crowded.add(node);
                    }
                }));
        return crowded;
    }

    static String tag(ClusterState cluster) {
        return LaunchContract.serviceTag(cluster.identity.service());
    }

    /** How many servers the emptiest node has when every ask that waits has got the emptiest of its time. */
    private static int emptiestAfterAsks(ClusterState cluster, PoolSpec pool, Set<String> nodes) {
        Map<String, Integer> servers = Placement.serversOn(cluster, nodes);
        for (Slot ask : constrainedAsks(cluster)) {
            PoolSpec other = cluster.launchSpec(ask.pool);
            if (other != null && label(cluster, other).equals(label(cluster, pool))) {
                servers.entrySet().stream()
                        .min(Map.Entry.comparingByValue())
                        .ifPresent(emptiest -> emptiest.setValue(emptiest.getValue() + 1));
            }
        }
        return servers.values().stream().mapToInt(Integer::intValue).min().orElse(0);
    }

    /** YARN counts a container until it has ended. */
    private static int mostEnding(ClusterState cluster, Set<String> nodes, int level) {
        Map<String, Integer> servers = Placement.serversOn(cluster, nodes);
        return servers.entrySet().stream()
                .filter(node -> node.getValue() <= level)
                .mapToInt(node -> (int) cluster.slots.values().stream()
                        .filter(slot -> slot.is(SlotState.STOPPING)
                                && slot.grant != null
                                && slot.grant.node().equals(node.getKey()))
                        .count())
                .max()
                .orElse(0);
    }

    /** In the order in which YARN looks at them. */
    private static List<Slot> constrainedAsks(ClusterState cluster) {
        return cluster.slots.values().stream()
                .filter(slot -> slot.is(SlotState.REQUESTED) && slot.isAskConstrained())
                .sorted(Comparator.comparingLong(ConstrainedPlacement::askedMiB)
                        .thenComparingLong(slot -> slot.allocationRequestId))
                .toList();
    }

    private static long askedMiB(Slot slot) {
        return slot.askedFor == null ? 0 : slot.askedFor.containerMiB();
    }

    private static Set<String> nodesFor(ClusterState cluster, PoolSpec pool, long nowMs) {
        Set<String> nodes = new HashSet<>(Placement.eligibleNodes(cluster, nowMs));
        nodes.removeIf(node -> !isFor(cluster, label(cluster, pool), node));
        return nodes;
    }

    private static boolean isFor(ClusterState cluster, String label, String node) {
        NodeView view = cluster.nodes.get(node);
        return view != null
                && (label.isEmpty() ? view.labels().isEmpty() : view.labels().contains(label));
    }

    private static String label(ClusterState cluster, PoolSpec pool) {
        String label = Placement.nodeLabel(cluster, pool);
        return label == null ? "" : label;
    }
}
