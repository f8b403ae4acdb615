/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The death certificates that are kept, oldest first. Confined to the core thread. */
final class Certificates {
    /**
     * ZooKeeper lists no node with more than some 25,000 children of this length in one packet, and the whole list is read
     * again each minute. A day of 200 servers of which each is replaced ten times has so many.
     */
    static final int MOST = 2_000;

    /** How many go at once when there are too many: looking for the least telling ones takes a walk. */
    private static final int PORTION = MOST / 10;

    /** Certificates of servers that no client ever saw are for the operator only: the last few per slot will do. */
    private static final int NEVER_READY_KEPT_PER_SLOT = 5;

    private final Map<String, DeathCertificate> byServer = new LinkedHashMap<>();

    /** Oldest first; a view. */
    Map<String, DeathCertificate> byServer() {
        return Collections.unmodifiableMap(byServer);
    }

    @Nullable
    DeathCertificate of(String serverId) {
        return byServer.get(serverId);
    }

    /** Adds a death that came after all others, or tells more of one that is known. */
    void put(DeathCertificate death) {
        byServer.put(death.serverId(), death);
        if (byServer.size() > MOST) {
            // Of the younger half somebody may still come back for each.
            int unwanted = forget(PORTION, byServer.size() / 2, Certificates::tellsLittle);
            forget(PORTION - unwanted, PORTION, any -> true);
        }
    }

    void forgetOlderThan(long ms) {
        Iterator<DeathCertificate> oldest = byServer.values().iterator();
        while (oldest.hasNext() && oldest.next().diedAtMs() < ms) {
            oldest.remove();
        }
    }

    /** All but the last few of a slot's servers that never came up. */
    void forgetOldestNeverReady(String slot) {
        List<String> neverReady = byServer.values().stream()
                .filter(death -> death.slot().equals(slot) && neverCameUp(death))
                .map(DeathCertificate::serverId)
                .toList();
        for (int i = 0; i < neverReady.size() - NEVER_READY_KEPT_PER_SLOT; i++) {
            byServer.remove(neverReady.get(i));
        }
    }

    /** Forgets some of the oldest. Yields how many. */
    private int forget(int most, int amongOldest, Predicate<DeathCertificate> which) {
        int forgotten = 0;
        Iterator<DeathCertificate> oldest = byServer.values().iterator();
        for (int seen = 0; seen < amongOldest && forgotten < most && oldest.hasNext(); seen++) {
            if (which.test(oldest.next())) {
                oldest.remove();
                forgotten++;
            }
        }
        return forgotten;
    }

    private static boolean tellsLittle(DeathCertificate death) {
        return death.cause().isWished() || neverCameUp(death);
    }

    private static boolean neverCameUp(DeathCertificate death) {
        return death.cause() == DeathCause.START_FAILED || death.cause() == DeathCause.START_TIMED_OUT;
    }
}
