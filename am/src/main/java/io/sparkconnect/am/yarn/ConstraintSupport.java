/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.util.VersionInfo;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the ResourceManager says of its placement constraints. It must be its own word: asks with constraints that it refuses
 * end an attempt, and so does a registration that it refuses, after which it takes no other one.
 *
 * @param handler {@code yarn.resourcemanager.placement-constraints.handler}: disabled, scheduler or placement-processor; empty
 *     when nobody told; several, joined, where ResourceManagers differ
 * @param preempts whether the scheduler takes containers back for queues that wait for their share
 * @param hadoopVersion of the cluster, such as 3.4.2
 */
public record ConstraintSupport(String handler, boolean preempts, String hadoopVersion) {
    private static final Logger LOG = LoggerFactory.getLogger(ConstraintSupport.class);

    boolean isKnown() {
        return !handler.isEmpty();
    }

    boolean isByScheduler() {
        return handler.equals(YarnConfiguration.SCHEDULER_RM_PLACEMENT_CONSTRAINTS_HANDLER);
    }

    /** Asks the page of each ResourceManager for its configuration: any of them may be the active one tomorrow. Blocks, not long. */
    public static ConstraintSupport find(ResourceManagerPages pages) {
        Set<String> handlers = new TreeSet<>();
        boolean preempts = false;
        for (String address : pages.addresses()) {
            try {
                Configuration told = pages.configuration(address);
                handlers.add(told.get(
                        YarnConfiguration.RM_PLACEMENT_CONSTRAINTS_HANDLER,
                        YarnConfiguration.DISABLED_RM_PLACEMENT_CONSTRAINTS_HANDLER));
                preempts |= told.getBoolean(
                        YarnConfiguration.RM_SCHEDULER_ENABLE_MONITORS,
                        YarnConfiguration.DEFAULT_RM_SCHEDULER_ENABLE_MONITORS);
            } catch (IOException e) {
                LOG.info("{} does not tell the ResourceManager's configuration: {}", address, e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return new ConstraintSupport(String.join(" and ", handlers), preempts, VersionInfo.getVersion());
    }
}
