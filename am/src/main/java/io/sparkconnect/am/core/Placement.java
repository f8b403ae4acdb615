/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        String label = pool.nodeLabel() == null ? "" : pool.nodeLabel();
        if (!label.isEmpty()) {
            String withoutLabel = whyNotLabelled(cluster, pool, label);
            if (withoutLabel != null) {
                return withoutLabel;
            }
        }
        if (cluster.spreading.byConstraints() && cluster.queues.of(pool) == null) {
            return "waits for the list of queues, to see which node label is the default of " + pool.queue();
        }
        if (openNodes(cluster).isEmpty() && mostMemory(cluster, "") > 0) {
            return "every running node is drained (see `undrain`)";
        }
        return whyTooLarge(cluster, pool, label);
    }

    /** An ask for a label that there is not, or that the queue may not use, poisons every later heartbeat too. */
    private static @Nullable String whyNotLabelled(ClusterState cluster, PoolSpec pool, String label) {
        QueueView queue = cluster.queues.of(pool);
        if (queue == null) {
            return "waits for the list of queues, to see whether " + pool.queue() + " may use node label " + label;
        }
        if (!queue.labels().contains(label)) {
            return "node label " + label + " (sparkconnect.server.node.label) is none that queue " + queue.name()
                    + " may use (it may use: "
                    + (queue.labels().isEmpty() ? "none" : String.join(", ", new TreeSet<>(queue.labels()))) + ")";
        }
        return null;
    }

    /**
     * What an ask for such a server says. YARN gives a plain ask the queue's default, and not one with a constraint: that
     * says it itself.
     */
    static @Nullable String nodeLabel(ClusterState cluster, PoolSpec pool) {
        QueueView queue = cluster.queues.of(pool);
        if (pool.nodeLabel() != null || !cluster.spreading.byConstraints() || queue == null) {
            return pool.nodeLabel();
        }
        return queue.defaultLabel().isEmpty() ? null : queue.defaultLabel();
    }

    private static @Nullable String whyTooLarge(ClusterState cluster, PoolSpec pool, String label) {
        String with = label.isEmpty() ? "" : " with label " + label;
        long needed = pool.containerMiB();
        long largest = mostMemory(cluster, label);
        if (largest == 0) {
            return "waits for a node" + with + ": none is running";
        }
        if (needed > largest || needed > cluster.maxMemoryMiB) {
            return "a server needs " + needed + " MiB, but YARN gives at most "
                    + Math.min(largest, cluster.maxMemoryMiB)
                    + " MiB (largest running node" + with + ": " + largest
                    + (cluster.maxMemoryMiB == Long.MAX_VALUE ? "" : ", scheduler: " + cluster.maxMemoryMiB)
                    + "); lower sparkconnect.server.memory or its overhead";
        }
        int vcores = Math.min(mostVcores(cluster, label), cluster.maxVcores);
        if (pool.vcores() > vcores) {
            return "a server needs " + pool.vcores() + " vcores, but YARN gives at most " + vcores
                    + "; lower sparkconnect.server.vcores";
        }
        return null;
    }

    /**
     * Why an ask that was made cannot be answered any more; null when it can. Nodes that are not back yet, after a restart of the
     * ResourceManager, are no reason as long as none is there.
     */
    static @Nullable String outgrown(ClusterState cluster, PoolSpec pool) {
        String label = pool.nodeLabel() == null ? "" : pool.nodeLabel();
        return mostMemory(cluster, label) == 0 ? null : whyTooLarge(cluster, pool, label);
    }

    /**
     * The maximum that YARN tells at registration is the lesser of the configured one and its largest node then. Where the
     * two are the same, larger nodes may come, and nothing would tell: from now on only nodes bound.
     */
    static void forgetWhatOnlyNodesBound(ClusterState cluster) {
        if (cluster.maxMemoryMiB == mostMemory(cluster, "")) {
            cluster.maxMemoryMiB = Long.MAX_VALUE;
        }
        if (cluster.maxVcores == mostVcores(cluster, "")) {
            cluster.maxVcores = Integer.MAX_VALUE;
        }
    }

    private static long mostMemory(ClusterState cluster, String label) {
        return running(cluster, label).mapToLong(NodeView::memoryMiB).max().orElse(0);
    }

    private static int mostVcores(ClusterState cluster, String label) {
        return running(cluster, label).mapToInt(NodeView::vcores).max().orElse(0);
    }

    /** @param label empty for all of them */
    private static Stream<NodeView> running(ClusterState cluster, String label) {
        return cluster.nodes.values().stream()
                .filter(NodeView::isRunning)
                .filter(node -> label.isEmpty() || node.labels().contains(label));
    }

    /** Whether a container on this node should be given back for one elsewhere; never for long. */
    static boolean isTooCrowded(ClusterState cluster, Slot slot, String node, long nowMs) {
        if (nowMs >= slot.spreadUntilMs) {
            return false;
        }
        return cluster.spreading.byConstraints()
                ? ConstrainedPlacement.isTooCrowded(cluster, slot, node)
                : crowdedNodes(cluster, eligibleNodes(cluster, nowMs)).contains(node);
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
            avoided.addAll(struckNodes(cluster, nowMs));
            if (!anyNodeWillDo) {
                Set<String> eligible = eligibleNodes(cluster, nowMs);
                avoided.addAll(
                        cluster.spreading.byConstraints()
                                ? ConstrainedPlacement.crowdedNodes(cluster, eligible)
                                : crowdedNodes(cluster, eligible));
            }
        }
        Set<String> others = new TreeSet<>(cluster.nodes.keySet());
        others.removeAll(avoided);
        return new Action.AvoidNodes(avoided, others);
    }

    /** Those that run and that no operator has drained. */
    private static Set<String> openNodes(ClusterState cluster) {
        return cluster.nodes.values().stream()
                .filter(node -> node.isRunning() && !cluster.isDrained(node.node()))
                .map(NodeView::node)
                .collect(Collectors.toSet());
    }

    /** Those that nothing tells against; never empty while some node is open. */
    static Set<String> eligibleNodes(ClusterState cluster, long nowMs) {
        Set<String> nodes = openNodes(cluster);
        nodes.removeAll(struckNodes(cluster, nowMs));
        return nodes;
    }

    /**
     * Open nodes on which servers failed again and again: never more than half of those with the same labels, since a pool
     * that asks for a label has no others.
     */
    static Set<String> struckNodes(ClusterState cluster, long nowMs) {
        Map<Set<String>, Set<String>> byLabels = openNodes(cluster).stream()
                .collect(Collectors.groupingBy(node -> labels(cluster, node), Collectors.toSet()));
        Set<String> struck = new TreeSet<>();
        byLabels.values().forEach(alike -> struck.addAll(cluster.strikes.avoided(alike, nowMs)));
        return struck;
    }

    /** Each node is compared with those that have its labels: no ask could choose between it and others. */
    private static Set<String> crowdedNodes(ClusterState cluster, Set<String> eligible) {
        Map<String, Integer> servers = serversOn(cluster, eligible);
        Map<Set<String>, Integer> fewest = new HashMap<>();
        servers.forEach((node, count) -> fewest.merge(labels(cluster, node), count, Math::min));
        return servers.entrySet().stream()
                .filter(node -> node.getValue() > fewest.getOrDefault(labels(cluster, node.getKey()), 0))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** How many servers each of the nodes has; without those that we are ending. */
    static Map<String, Integer> serversOn(ClusterState cluster, Set<String> nodes) {
        Map<String, Integer> servers = new TreeMap<>();
        nodes.forEach(node -> servers.put(node, 0));
        for (Slot slot : cluster.slots.values()) {
            if (slot.grant != null && !slot.is(SlotState.STOPPING)) {
                servers.computeIfPresent(slot.grant.node(), (node, count) -> count + 1);
            }
        }
        return servers;
    }

    private static Set<String> labels(ClusterState cluster, String node) {
        NodeView view = cluster.nodes.get(node);
        return view == null ? Set.of() : view.labels();
    }
}
