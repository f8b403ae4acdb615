/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/**
 * One line of {@code status}: a slot and the server in it.
 *
 * @param slot slot name, such as {@code default-0}
 * @param sinceMs when it entered this state
 * @param serverId container id; null while none is allocated
 * @param address {@code host:port} of the Spark Connect server; null until it joined
 * @param sessions live sessions, as the server counts them; -1 where it cannot (Spark 3.x)
 * @param operations running operations; -1 where the server cannot tell
 * @param heapUsedBytes used heap of the driver; 0 until it joined
 * @param heapMaxBytes limit of that heap; 0 until it joined
 * @param restarts how often this slot's server has been replaced
 * @param reason why the slot is in this state, or what ended its last server
 * @param logUrl the container's logs
 * @param childApplicationId the server's own Spark application (its executors)
 * @param revision of the pool that its server was started with; see {@link RolloutOrder}
 */
public record SlotStatus(
        String slot,
        String pool,
        SlotState state,
        long sinceMs,
        @Nullable String serverId,
        @Nullable String node,
        @Nullable String address,
        int sessions,
        int operations,
        long heapUsedBytes,
        long heapMaxBytes,
        long restarts,
        @Nullable String reason,
        @Nullable String logUrl,
        @Nullable String childApplicationId,
        long revision) {}
