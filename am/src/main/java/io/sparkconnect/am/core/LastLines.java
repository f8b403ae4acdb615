/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;

/**
 * The end of a dead server's stderr. NodeManagers hand it on with the completion of a container that failed by itself, but
 * not of one that was killed: then the node is asked for it, and the certificate is completed when it answers. Confined to
 * the core thread.
 */
final class LastLines {
    private LastLines() {}

    static void askWhenMissing(ClusterState cluster, ContainerGrant grant) {
        DeathCertificate death = cluster.deaths.of(grant.containerId());
        if (death != null
                && death.lastLines().isEmpty()
                && isAskedFor(death.cause())
                && !grant.nodeHttpAddress().isEmpty()) {
            cluster.act(new Action.ReadLastLines(grant.containerId(), grant.nodeHttpAddress()));
        }
    }

    /** Not where nobody looks for a cause, or nobody is there to be asked. */
    private static boolean isAskedFor(DeathCause cause) {
        return !cause.isWished() && cause != DeathCause.NODE_LOST && cause != DeathCause.NODE_DECOMMISSIONED;
    }

    static void read(ClusterState cluster, Event.LastLinesRead read) {
        DeathCertificate death = cluster.deaths.of(read.containerId());
        Diagnostics stderr = Diagnostics.ofStderr(read.stderr());
        if (death == null || !death.lastLines().isEmpty() || stderr.lastLines().isEmpty()) {
            return;
        }
        DeathCause cause = death.cause();
        String remedy = death.remedy();
        if (cause == DeathCause.KILLED && death.exitStatus() != null) {
            // The JVM may have killed itself, and said so only there.
            Ending ending = ExitClassifier.classify(death.exitStatus(), stderr, true, null);
            cause = ending.cause();
            remedy = ending.remedy();
        }
        cluster.deaths.put(new DeathCertificate(
                death.serverId(),
                death.pool(),
                death.slot(),
                death.node(),
                cause,
                death.exitStatus(),
                death.diagnostics(),
                stderr.lastLines(),
                remedy,
                death.logUrl(),
                death.diedAtMs()));
    }
}
