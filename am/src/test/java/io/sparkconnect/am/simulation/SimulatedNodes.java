/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.am.core.NodeView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The nodes: some leave and come back, and others than we fill them. */
final class SimulatedNodes {
    private static final Duration LEAVES_WITHIN = Duration.ofHours(1);
    private static final Duration BACK_AFTER = Duration.ofMinutes(30);

    private final Scenario scenario;
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private double nextLeaveHour;
    private int leaves;

    SimulatedNodes(Scenario scenario) {
        this.scenario = scenario;
        this.nextLeaveHour = scenario.leavingEveryHours();
        for (int i = 0; i < scenario.nodes(); i++) {
            nodes.add(new SimulatedNode("n%03d:8041".formatted(i), scenario.nodeMiB()));
        }
    }

    /**
     * Lets time pass.
     *
     * @param gone told of each node that is taken away now
     * @return whether some node has come, gone or changed
     */
    boolean pass(long nowMs, Consumer<SimulatedNode> gone) {
        double hour = nowMs / 3_600_000.0;
        nodes.forEach(node -> node.othersMiB = (long) (node.memoryMiB * scenario.othersOnNodes(hour)));
        boolean changed = false;
        if (scenario.leavingEveryHours() > 0 && hour >= nextLeaveHour) {
            nextLeaveHour += scenario.leavingEveryHours();
            SimulatedNode node = nodes.get(leaves++ % nodes.size());
            node.condition = NodeView.Condition.DECOMMISSIONING;
            node.leavesWithin = LEAVES_WITHIN;
            node.changesAtMs = nowMs + LEAVES_WITHIN.toMillis();
            changed = true;
        }
        for (SimulatedNode node : nodes) {
            if (node.condition != NodeView.Condition.RUNNING && nowMs >= node.changesAtMs) {
                changed = true;
                if (node.condition == NodeView.Condition.DECOMMISSIONING) {
                    gone.accept(node);
                    node.condition = NodeView.Condition.DECOMMISSIONED;
                    node.leavesWithin = null;
                    node.changesAtMs = nowMs + BACK_AFTER.toMillis();
                } else {
                    node.condition = NodeView.Condition.RUNNING;
                }
            }
        }
        return changed;
    }

    /** Where a server fits best; null where none does. */
    @Nullable
    SimulatedNode roomiest(Set<String> avoided) {
        return nodes.stream()
                .filter(node -> node.freeMiB() >= Scenario.SERVER_MIB && !avoided.contains(node.name))
                .max(Comparator.comparing(SimulatedNode::freeMiB))
                .orElse(null);
    }

    /** How many servers fit on those that run, whatever servers are there now. */
    long room() {
        return nodes.stream()
                .filter(node -> node.condition == NodeView.Condition.RUNNING)
                .mapToLong(node -> (node.memoryMiB - node.othersMiB) / Scenario.SERVER_MIB)
                .sum();
    }

    /** How many servers are ever to be had there: those that run, whatever others than we have on them. */
    long size() {
        return nodes.stream()
                .filter(node -> node.condition == NodeView.Condition.RUNNING)
                .mapToLong(node -> node.memoryMiB / Scenario.SERVER_MIB)
                .sum();
    }

    List<NodeView> views() {
        return nodes.stream().map(SimulatedNode::view).toList();
    }
}
