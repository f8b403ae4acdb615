/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.am.core.NodeView;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One node; what it holds is counted by the cluster. */
final class SimulatedNode {
    final String name;
    final long memoryMiB;
    long oursMiB;
    long othersMiB;
    NodeView.Condition condition = NodeView.Condition.RUNNING;
    /** When what it is now is over, unless it runs. */
    long changesAtMs;

    @Nullable
    Duration leavesWithin;

    SimulatedNode(String name, long memoryMiB) {
        this.name = name;
        this.memoryMiB = memoryMiB;
    }

    long freeMiB() {
        return condition == NodeView.Condition.RUNNING ? memoryMiB - oursMiB - othersMiB : 0;
    }

    NodeView view() {
        return new NodeView(name, condition, memoryMiB, 64, oursMiB + othersMiB, Set.of(), leavesWithin);
    }
}
