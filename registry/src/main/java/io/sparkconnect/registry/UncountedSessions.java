/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Servers of Spark 3.x cannot tell how many sessions they have, and somebody has to say how long one that is given up drains. */
public final class UncountedSessions {
    private UncountedSessions() {}

    /**
     * What an operator should know of a pool that gives up such servers and sets no deadline.
     *
     * @param sparkVersion of its servers; null when that is not known
     */
    public static Optional<String> warning(PoolSpec pool, @Nullable String sparkVersion) {
        PoolScaling scaling = pool.scaling();
        boolean cannotCount = sparkVersion != null && sparkVersion.startsWith("3.");
        if (scaling == null || scaling.drainMs() > 0 || pool.minServers() >= pool.maxServers() || !cannotCount) {
            return Optional.empty();
        }
        return Optional.of("pool " + pool.name() + ": Spark " + sparkVersion
                + " cannot count its sessions: once a proxy has restarted, a server that is given up"
                + " drains without end, unless sparkconnect.scaling.in.drain.timeout is set (12h, say)");
    }
}
