/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.SlotState;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The servers' own applications. A server that dies leaves its application behind when that still waits for resources, or
 * even submits it after it was declared dead: so they are looked for again and again.
 */
final class Children {
    private static final long OFTEN_MS = 5_000;
    private static final long SELDOM_MS = 300_000;
    private static final String SERVER_TAG = LaunchContract.serverTag("");

    private Children() {}

    static void listWhenDue(ClusterState cluster, long nowMs) {
        long pauseMs = nowMs < cluster.reapUntilMs || someServerStarts(cluster) ? OFTEN_MS : SELDOM_MS;
        if (cluster.childrenListedAtMs == 0 || nowMs - cluster.childrenListedAtMs >= pauseMs) {
            cluster.childrenListedAtMs = nowMs;
            cluster.act(new Action.ListChildren());
        }
    }

    /** Kills every server's application whose container is not one that we hold. */
    static void killOrphans(ClusterState cluster, long nowMs) {
        Set<String> heldTags = new HashSet<>();
        Set<String> livingApplications = new HashSet<>();
        for (Slot slot : cluster.slots.values()) {
            // One that is being ended in peace still needs its executors; one that we killed does not.
            if (slot.grant != null && !slot.killed) {
                heldTags.add(LaunchContract.serverTag(slot.grant.containerId()));
            }
        }
        cluster.children.forEach(child -> livingApplications.add(child.applicationId()));
        for (ChildView child : cluster.children) {
            String serverTag = serverTag(child);
            if (serverTag != null
                    && !heldTags.contains(serverTag)
                    && !child.applicationId().equals(cluster.identity.applicationId())
                    && isOurs(child, cluster, livingApplications)) {
                cluster.decide(nowMs, "kills " + child.applicationId() + ": its server is gone");
                cluster.act(new Action.KillApplication(
                        child.applicationId(), "its Spark Connect server's container is gone"));
            }
        }
    }

    /** Why a starting server may wait: YARN's words on its own application; empty when it does not. */
    static String whyWaiting(ClusterState cluster, Slot slot) {
        if (slot.grant == null || !slot.is(SlotState.STARTING)) {
            return "";
        }
        String tag = LaunchContract.serverTag(slot.grant.containerId());
        return cluster.children.stream()
                .filter(child -> child.waiting() && child.tags().contains(tag))
                .map(child -> "its application " + child.applicationId() + " waits in the executors' queue: "
                        + child.diagnostics())
                .findFirst()
                .orElse("");
    }

    private static boolean someServerStarts(ClusterState cluster) {
        return cluster.slots.values().stream().anyMatch(slot -> slot.is(SlotState.STARTING));
    }

    private static @Nullable String serverTag(ChildView child) {
        return child.tags().stream()
                .filter(tag -> tag.startsWith(SERVER_TAG))
                .findFirst()
                .orElse(null);
    }

    /** A service of the same name in another application minds its own, while it lives. */
    private static boolean isOurs(ChildView child, ClusterState cluster, Set<String> livingApplications) {
        String parent = child.parentApplicationId();
        return parent != null
                && (parent.equals(cluster.identity.applicationId()) || !livingApplications.contains(parent));
    }
}
