/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where servers should go. Spreading is a wish: nodes that have more servers than the emptiest are avoided for a while,
 * never all of them, and then any node will do.
 */
final class Placement {
    private Placement() {}

    /**
     * Why no ask for such a server may be made; null when it may. An ask above what the scheduler could ever give poisons
     * every later heartbeat, and its maximum falls to the largest living node without notice.
     */
    static @Nullable String obstacle(ClusterState cluster, PoolSpec pool) {
        if (!cluster.nodesSeen) {
            return "waits for the list of nodes";
        }
        long needed = pool.containerMiB();
        long largest = mostMemory(cluster);
        if (largest > 0 && !someNodeIsOpen(cluster)) {
            return "every running node is drained (see `undrain`)";
        }
        if (largest == 0) {
            return "waits for a node: none is running";
        }
        if (needed > largest || needed > cluster.maxMemoryMiB) {
            return "a server needs " + needed + " MiB, but YARN gives at most "
                    + Math.min(largest, cluster.maxMemoryMiB)
                    + " MiB (largest running node: " + largest
                    + (cluster.maxMemoryMiB == Long.MAX_VALUE ? "" : ", scheduler: " + cluster.maxMemoryMiB)
                    + "); lower sparkconnect.server.memory or its overhead";
        }
        int vcores = Math.min(mostVcores(cluster), cluster.maxVcores);
        if (pool.vcores() > vcores) {
            return "a server needs " + pool.vcores() + " vcores, but YARN gives at most " + vcores
                    + "; lower sparkconnect.server.vcores";
        }
        return null;
    }

    /**
     * The maximum that YARN tells at registration is the lesser of the configured one and its largest node then. Where the
     * two are the same, larger nodes may come, and nothing would tell: from now on only nodes bound.
     */
    static void forgetWhatOnlyNodesBound(ClusterState cluster) {
        if (cluster.maxMemoryMiB == mostMemory(cluster)) {
            cluster.maxMemoryMiB = Long.MAX_VALUE;
        }
        if (cluster.maxVcores == mostVcores(cluster)) {
            cluster.maxVcores = Integer.MAX_VALUE;
        }
    }

    private static long mostMemory(ClusterState cluster) {
        return cluster.nodes.values().stream()
                .filter(NodeView::isRunning)
                .mapToLong(NodeView::memoryMiB)
                .max()
                .orElse(0);
    }

    private static int mostVcores(ClusterState cluster) {
        return cluster.nodes.values().stream()
                .filter(NodeView::isRunning)
                .mapToInt(NodeView::vcores)
                .max()
                .orElse(0);
    }

    private static boolean someNodeIsOpen(ClusterState cluster) {
        return cluster.nodes.values().stream().anyMatch(node -> node.isRunning() && !cluster.isDrained(node.node()));
    }

    /** Whether a container on this node should be given back for one elsewhere; never for long. */
    static boolean isTooCrowded(ClusterState cluster, Slot slot, String node, long nowMs) {
        return nowMs < slot.spreadUntilMs
                && crowdedNodes(cluster, eligibleNodes(cluster, nowMs)).contains(node);
    }

    /** What YARN should be told to avoid now: nothing as soon as some ask has waited for its wish long enough. */
    static Action.AvoidNodes nodesToAvoid(ClusterState cluster, long nowMs) {
        boolean asking = false;
        boolean anyNodeWillDo = false;
        for (Slot slot : cluster.slots.values()) {
            if (slot.is(SlotState.REQUESTED)) {
                asking = true;
                anyNodeWillDo |= nowMs >= slot.spreadUntilMs;
            }
        }
        Set<String> avoided = new TreeSet<>();
        if (asking) {
            // A wish of the operator's, not of ours: it holds however long an ask waits.
            cluster.nodes.keySet().stream().filter(cluster::isDrained).forEach(avoided::add);
            avoided.addAll(cluster.strikes.avoided(openNodes(cluster), nowMs));
            if (!anyNodeWillDo) {
                avoided.addAll(crowdedNodes(cluster, eligibleNodes(cluster, nowMs)));
            }
        }
        Set<String> others = new TreeSet<>(cluster.nodes.keySet());
        others.removeAll(avoided);
        return new Action.AvoidNodes(avoided, others);
    }

    /** Those that run and that no operator has drained. */
    static Set<String> openNodes(ClusterState cluster) {
        return cluster.nodes.values().stream()
                .filter(node -> node.isRunning() && !cluster.isDrained(node.node()))
                .map(NodeView::node)
                .collect(Collectors.toSet());
    }

    /** Those that nothing tells against; never empty while some node is open. */
    private static Set<String> eligibleNodes(ClusterState cluster, long nowMs) {
        Set<String> nodes = openNodes(cluster);
        nodes.removeAll(cluster.strikes.avoided(nodes, nowMs));
        return nodes;
    }

    private static Set<String> crowdedNodes(ClusterState cluster, Set<String> eligible) {
        Map<String, Integer> servers = new TreeMap<>();
        eligible.forEach(node -> servers.put(node, 0));
        for (Slot slot : cluster.slots.values()) {
            if (slot.grant != null && !slot.is(SlotState.STOPPING)) {
                servers.computeIfPresent(slot.grant.node(), (node, count) -> count + 1);
            }
        }
        int fewest = servers.values().stream().mapToInt(Integer::intValue).min().orElse(0);
        return servers.entrySet().stream()
                .filter(node -> node.getValue() > fewest)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
