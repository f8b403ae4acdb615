/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/**
 * An operator's wish that all servers of a pool are started anew with what the pool's spec says now.
 *
 * @param revision of the pool: the spec's generation at which this was wished; servers carry the one that they started with
 * @param what one clause for an operator, such as {@code Spark home /opt/spark-4.1}
 * @param atOnce whether all old servers drain at once, instead of one after the other behind a new one that is ready
 * @param maxSurge how many servers above the pool's target may exist while old ones are replaced; 0 replaces in place,
 *     one server fewer meanwhile
 * @param previous what the pool goes back to when new servers do not become ready; null where there is nothing to go back to
 */
public record RolloutOrder(
        long revision,
        String what,
        boolean atOnce,
        int maxSurge,
        @Nullable PoolSpec previous) {}
