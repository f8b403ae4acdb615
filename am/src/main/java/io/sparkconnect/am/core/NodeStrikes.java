/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Nodes on which servers failed again and again. They are avoided for a while, and never more than half of the nodes: what
 * fails everywhere is not the nodes' fault. Confined to the core thread; a later attempt begins without strikes.
 */
final class NodeStrikes {
    private static final int STRIKES = 3;
    private static final Duration WITHIN = Duration.ofMinutes(30);

    private final Map<String, Deque<Long>> strikes = new HashMap<>();

    /** Counts against the node what may be its fault. Yields whether it is avoided from now on. */
    boolean note(String node, DeathCause cause, long nowMs) {
        if (!mayBeTheNodes(cause)) {
            return false;
        }
        forgetOld(nowMs);
        Deque<Long> ofNode = strikes.computeIfAbsent(node, name -> new ArrayDeque<>());
        ofNode.addLast(nowMs);
        return ofNode.size() == STRIKES;
    }

    /** Which of the nodes new servers should not go to: half of them at most. */
    Set<String> avoided(Set<String> nodes, long nowMs) {
        forgetOld(nowMs);
        List<String> worst = strikes.entrySet().stream()
                .filter(entry -> entry.getValue().size() >= STRIKES && nodes.contains(entry.getKey()))
                .sorted(Comparator.comparing((Map.Entry<String, Deque<Long>> entry) ->
                                -entry.getValue().size())
                        .thenComparing(Map.Entry::getKey))
                .limit(nodes.size() / 2)
                .map(Map.Entry::getKey)
                .toList();
        return new TreeSet<>(worst);
    }

    private void forgetOld(long nowMs) {
        strikes.values().removeIf(ofNode -> {
            ofNode.removeIf(atMs -> nowMs - atMs >= WITHIN.toMillis());
            return ofNode.isEmpty();
        });
    }

    private static boolean mayBeTheNodes(DeathCause cause) {
        return switch (cause) {
            case START_FAILED, KILLED, UNRESPONSIVE, DISK_FAILED -> true;
            case HEAP_EXHAUSTED,
                    CONTAINER_MEMORY_EXCEEDED,
                    PREEMPTED,
                    NODE_LOST,
                    NODE_DECOMMISSIONED,
                    START_TIMED_OUT,
                    TERMINATED,
                    SPARK_CONTEXT_STOPPED,
                    EXITED,
                    STOPPED_BY_OPERATOR,
                    SCALED_IN,
                    UNKNOWN -> false;
        };
    }
}
