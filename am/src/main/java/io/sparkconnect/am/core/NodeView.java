/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

/**
 * A node of the cluster, as the ResourceManager reports it.
 *
 * @param node node id, {@code host:port}
 * @param memoryMiB all memory that its NodeManager offers
 * @param vcores all virtual cores that its NodeManager offers
 */
public record NodeView(String node, Condition condition, long memoryMiB, int vcores) {
    public enum Condition {
        RUNNING,
        DECOMMISSIONING,
        DECOMMISSIONED,
        LOST,
        OTHER
    }

    boolean isRunning() {
        return condition == Condition.RUNNING;
    }
}
