/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;

/**
 * How many servers a load needs.
 *
 * @param servers that many; minimum and maximum of the pool are left aside
 * @param lasting that many when servers are filled an eighth less: fewer than these are not enough to give one up, so that a
 *     session that comes and goes does not start and stop a server
 * @param inWords what needs them
 */
record Need(int servers, int lasting, String inWords) {
    static Need of(PoolLoad load, PoolSpec pool, PoolScaling how) {
        int seats = Math.max(1, (int) ((long) pool.sessionsPerServer() * how.fillPercent() / 100));
        // A strained server has room for no session more, however few it has.
        int elsewhere = Math.max(0, load.sessions() - load.strainedSessions()) + load.held();
        int bySessions = load.strained() + divideUp(elsewhere, seats);
        int lasting = load.strained() + divideUp(elsewhere, Math.max(1, seats * 7 / 8));
        int byOperations = how.operationsPerServer() == 0 ? 0 : divideUp(load.operations(), how.operationsPerServer());
        boolean someoneIsThere = load.sessions() + load.held() > 0;
        int spare = someoneIsThere || pool.minServers() > 0 ? how.spareServers() : 0;
        return new Need(
                Math.max(bySessions, byOperations) + spare,
                Math.max(lasting, byOperations) + spare,
                byOperations > bySessions ? operationsInWords(load, how, spare) : sessionsInWords(load, seats, spare));
    }

    private static String sessionsInWords(PoolLoad load, int seats, int spare) {
        StringBuilder words = new StringBuilder();
        words.append(load.sessions()).append(load.sessions() == 1 ? " session" : " sessions");
        if (load.held() > 0) {
            words.append(" and ").append(load.held()).append(" waiting at the proxies");
        }
        words.append(", ").append(seats).append(" to a server");
        if (load.strained() > 0) {
            words.append(", ").append(load.strained()).append(" of the servers short of heap");
        }
        return words.append(spareInWords(spare)).toString();
    }

    private static String operationsInWords(PoolLoad load, PoolScaling how, int spare) {
        return load.operations() + " running queries, " + how.operationsPerServer() + " to a server"
                + spareInWords(spare);
    }

    private static String spareInWords(int spare) {
        return spare == 0 ? "" : ", " + spare + " to spare";
    }

    private static int divideUp(int amount, int by) {
        return (amount + by - 1) / by;
    }
}
