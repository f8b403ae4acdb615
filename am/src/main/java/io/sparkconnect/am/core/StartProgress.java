/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.LaunchContract;
import org.jspecify.annotations.Nullable;

/** How far a server that starts has come, for whoever waits for it. Confined to the core thread. */
final class StartProgress {
    private static final long LOOK_EVERY_MS = 3_000;

    private StartProgress() {}

    /** Asks the node now and then, until something better is known, whether the container's files are there yet. */
    static void lookWhenDue(ClusterState cluster, Slot slot, long nowMs) {
        ContainerGrant grant = slot.grant;
        boolean runs = slot.localizing != null && !slot.localizing;
        if (grant == null || slot.server != null || runs || nowMs - slot.lookedAtMs < LOOK_EVERY_MS) {
            return;
        }
        slot.lookedAtMs = nowMs;
        cluster.act(new Action.LookAtContainer(grant.containerId(), grant.node()));
    }

    /** In words; null when nothing more is known than that it starts. */
    static @Nullable String inWords(ClusterState cluster, Slot slot) {
        ContainerGrant grant = slot.grant;
        if (grant == null || slot.server != null) {
            return null;
        }
        String tag = LaunchContract.serverTag(grant.containerId());
        for (ChildView child : cluster.children) {
            if (child.tags().contains(tag)) {
                return child.waiting()
                        ? "its application " + child.applicationId() + " waits in the executors' queue: "
                                + child.diagnostics()
                        : "its application " + child.applicationId() + " runs; Spark Connect does not listen yet";
            }
        }
        if (slot.localizing == null) {
            return null;
        }
        return slot.localizing
                ? grant.node() + " downloads and unpacks its files (sparkconnect.spark.archive, the agent)"
                : "Spark starts in " + grant.containerId() + "; it has not submitted its application yet";
    }
}
