/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/**
 * What the next ApplicationMaster attempt must know about a slot to adopt its container.
 *
 * @param slot slot name, such as {@code default-0}
 * @param generation grows with each container that is asked for
 * @param allocationRequestId id of the generation's ask; YARN returns it with a recovered container
 * @param sinceMs when it entered this state
 * @param containerId null before ALLOCATED
 * @param node node id, {@code host:port}
 * @param nodeHttpAddress the NodeManager's web address, for log links
 * @param agentUrl where the agent answers; null until the server joined
 * @param instanceId random identity of the server process; null until it joined
 * @param host host of the Spark Connect server; null until it joined
 * @param port port of the Spark Connect server; 0 until it joined
 * @param childTag YARN tag of the server's own application
 * @param childApplicationId the server's own application; null until it joined
 * @param consecutiveFailures failures since the slot was last stable: the exponent of the back-off
 * @param backoffUntilMs when the next ask is due; 0 when not backing off
 * @param restarts how often its server was replaced
 * @param reason why it is in this state
 * @param revision of the pool that its present server was asked for with; see {@link RolloutOrder}
 */
public record SlotRecord(
        String slot,
        String pool,
        long generation,
        long allocationRequestId,
        SlotState state,
        long sinceMs,
        @Nullable String containerId,
        @Nullable String node,
        @Nullable String nodeHttpAddress,
        @Nullable String agentUrl,
        @Nullable String instanceId,
        @Nullable String host,
        int port,
        @Nullable String sparkVersion,
        @Nullable String childTag,
        @Nullable String childApplicationId,
        int consecutiveFailures,
        long backoffUntilMs,
        long restarts,
        @Nullable String reason,
        long revision) {}
