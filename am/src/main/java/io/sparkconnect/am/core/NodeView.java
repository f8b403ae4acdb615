/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node of the cluster, as the ResourceManager reports it.
 *
 * @param node node id, {@code host:port}
 * @param memoryMiB all memory that its NodeManager offers
 * @param vcores all virtual cores that its NodeManager offers
 * @param usedMiB memory of all containers on it
 * @param labels node labels; empty for none
 * @param leavesWithin from its leaving was first told on; null when it does not leave, or when nobody says when
 */
public record NodeView(
        String node,
        Condition condition,
        long memoryMiB,
        int vcores,
        long usedMiB,
        Set<String> labels,
        @Nullable Duration leavesWithin) {
    public NodeView {
        labels = Set.copyOf(labels);
    }

    public enum Condition {
        RUNNING,
        DECOMMISSIONING,
        DECOMMISSIONED,
        LOST,
        UNHEALTHY,
        OTHER
    }

    /** A node that nothing runs on, without labels. */
    public NodeView(String node, Condition condition, long memoryMiB, int vcores) {
        this(node, condition, memoryMiB, vcores, 0, Set.of(), null);
    }

    /** Whether YARN itself does not count on it any more. */
    boolean isGivenUp() {
        return condition == Condition.LOST || condition == Condition.UNHEALTHY;
    }

    boolean isLeaving() {
        return condition == Condition.DECOMMISSIONING;
    }

    long freeMiB() {
        return Math.max(0, memoryMiB - usedMiB);
    }

    boolean isRunning() {
        return condition == Condition.RUNNING;
    }
}
