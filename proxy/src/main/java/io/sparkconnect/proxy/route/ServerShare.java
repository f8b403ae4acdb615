/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.ServerRecord;
import java.time.Duration;

/**
 * What a server may take: its limit of sessions, and its share of new ones.
 *
 * @param slowStartMs how long a fresh server's share grows
 * @param spark3Sessions most sessions on a server of Spark 3.x
 */
record ServerShare(long slowStartMs, int spark3Sessions) {
    /**
     * Where a slow start begins: with less, the first of the servers that a service starts with would get every session of its
     * first users.
     */
    private static final double LEAST = 0.1;

    static ServerShare of(RouterSettings settings) {
        Duration slowStart = settings.slowStart();
        return new ServerShare(slowStart.toMillis(), settings.spark3Sessions());
    }

    /**
     * Most sessions on it; 0 means no limit. Servers of Spark 3.x keep a hundred sessions in a segmented cache and evict them
     * silently from some 60 on, so a pool's larger limit does not hold for them.
     */
    int sessionsLimit(ServerRecord server) {
        int limit = Math.max(0, server.sessionsLimit());
        if (!SparkLine.isSpark3(server.sparkVersion())) {
            return limit;
        }
        return limit == 0 ? spark3Sessions : Math.min(limit, spark3Sessions);
    }

    /**
     * Its weight, times the part of the slow start that has passed. The age counts from when it was published or, should the
     * publisher's clock be ahead, from when this proxy first saw it.
     *
     * @param seenForMs how long ago this proxy first saw it
     * @param machineMs what the machine's clock shows
     */
    double of(ServerRecord server, long seenForMs, long machineMs) {
        long ageMs = server.readyAtMs() > 0 ? Math.max(seenForMs, machineMs - server.readyAtMs()) : seenForMs;
        double grown = ageMs >= slowStartMs ? 1 : Math.max(LEAST, (double) ageMs / slowStartMs);
        return server.weightInRange() * grown;
    }
}
