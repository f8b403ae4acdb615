/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/**
 * How a pool's number of servers came about.
 *
 * @param needed servers that the load needs now, minimum and maximum left aside
 * @param room most servers that queue and nodes can hold; -1 while that is not known
 * @param held sessions that wait at the proxies for a server
 * @param pendingAsks containers that were asked for and not given yet
 * @param limit what keeps the pool from having what it needs
 * @param reason the same in words, with figures; empty when nothing does
 */
public record ScalingStatus(int needed, int room, int held, int pendingAsks, Limit limit, String reason) {
    /** What keeps a pool's number of servers from what its load needs. */
    public enum Limit {
        NONE,
        /** {@code sparkconnect.scaling.enabled} is false, or minimum and maximum are the same. */
        FIXED,
        MAXIMUM,
        /** The queue can hold no more servers. */
        QUEUE,
        /** The nodes can hold no more servers of this size. */
        NODES,
        /** YARN did not give the containers that it was asked for. */
        PENDING,
        /** YARN took containers for another queue, or wants to. */
        PREEMPTION,
        /** The last step is not over yet. */
        STEP,
        /** Fewer would do, but not for long enough yet. */
        IDLE,
        /** Something must be known first. */
        UNKNOWN,
        /** What a newer writer's limit reads as. */
        @JsonEnumDefaultValue
        OTHER
    }
}
