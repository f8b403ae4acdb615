/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/**
 * Counts of one pool.
 *
 * @param desired servers wanted now
 * @param ready published servers that take new sessions
 * @param starting slots on their way to ready, waiting and backing off included
 * @param draining servers that keep their sessions until they end
 * @param sessions live sessions on all its servers, as the servers count them
 * @param restarts servers replaced since the service was launched
 * @param scaling how {@code desired} came about; null from an ApplicationMaster that does not scale
 * @param rollout its last rollout; null before the first
 */
public record PoolStatus(
        int desired,
        int ready,
        int starting,
        int draining,
        int sessions,
        long restarts,
        @Nullable ScalingStatus scaling,
        @Nullable RolloutStatus rollout) {
    /** A pool without a rollout. */
    public PoolStatus(
            int desired,
            int ready,
            int starting,
            int draining,
            int sessions,
            long restarts,
            @Nullable ScalingStatus scaling) {
        this(desired, ready, starting, draining, sessions, restarts, scaling, null);
    }
}
