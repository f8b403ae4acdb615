/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.Map;
import java.util.Set;

/**
 * A leaf queue, as the ResourceManager shows it.
 *
 * @param name without the names of its parents
 * @param partitions its shares by node label; under the empty name that of nodes without one
 * @param defaultLabel node label of containers that ask for none; empty for none
 * @param allocatedMiB what all its applications hold on nodes without a label, MiB
 * @param userLimitFactor how many times the guaranteed share one user may hold; 0 when that is not known
 * @param labels node labels of the cluster that its applications may ask for; without the empty one
 */
public record QueueView(
        String name,
        Map<String, Share> partitions,
        String defaultLabel,
        long allocatedMiB,
        double userLimitFactor,
        Set<String> labels) {
    public QueueView {
        partitions = Map.copyOf(partitions);
        labels = Set.copyOf(labels);
    }

    /** A queue of a cluster without node labels. */
    public QueueView(
            String name,
            Map<String, Share> partitions,
            String defaultLabel,
            long allocatedMiB,
            double userLimitFactor) {
        this(name, partitions, defaultLabel, allocatedMiB, userLimitFactor, Set.of());
    }

    /**
     * @param guaranteedMiB what the queue gets back when others have it, MiB
     * @param maximumMiB what the queue can ever have, MiB
     */
    public record Share(long guaranteedMiB, long maximumMiB) {}

    /** A queue's name without those of its parents. */
    public static String leaf(String queue) {
        return queue.substring(queue.lastIndexOf('.') + 1);
    }
}
