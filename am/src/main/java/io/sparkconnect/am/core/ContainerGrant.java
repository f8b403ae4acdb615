/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

/**
 * A container that YARN gave us, now or to an earlier attempt.
 *
 * @param containerId YARN container id
 * @param allocationRequestId id of the ask that it answers
 * @param node node id, {@code host:port} of the NodeManager
 * @param nodeHttpAddress the NodeManager's web address, for log links
 * @param memoryMiB what it may use; the scheduler rounds up what was asked for; 0 when not known
 */
public record ContainerGrant(
        String containerId, long allocationRequestId, String node, String nodeHttpAddress, long memoryMiB) {
    /** One of unknown size. */
    public ContainerGrant(String containerId, long allocationRequestId, String node, String nodeHttpAddress) {
        this(containerId, allocationRequestId, node, nodeHttpAddress, 0);
    }

    /** The node's name without the NodeManager's port. */
    public String host() {
        int colon = node.lastIndexOf(':');
        return colon < 0 ? node : node.substring(0, colon);
    }
}
