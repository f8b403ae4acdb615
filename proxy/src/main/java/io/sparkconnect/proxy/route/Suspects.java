/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Servers whose connection failed a moment ago: no new sessions for a while, longer with each failure, until one answers.
 * Thread-safe.
 */
final class Suspects {
    private record Suspect(int failures, long lastFailureMs, long untilMs) {}

    private final ConcurrentMap<String, Suspect> suspects = new ConcurrentHashMap<>();
    private final long initialMs;
    private final long maxMs;

    Suspects(long initialMs, long maxMs) {
        this.initialMs = initialMs;
        this.maxMs = maxMs;
    }

    /** Notes a failure; yields how many there have been in a row. Many streams that fail at once count as one. */
    int failed(String serverId, long nowMs) {
        Suspect suspect = suspects.compute(serverId, (id, known) -> {
            if (known != null && nowMs - known.lastFailureMs() < initialMs / 4) {
                return known;
            }
            int failures = known == null ? 1 : known.failures() + 1;
            long pause = Math.min(maxMs, initialMs << Math.min(failures - 1, 20));
            return new Suspect(failures, nowMs, nowMs + pause);
        });
        return suspect.failures();
    }

    void answered(String serverId) {
        if (!suspects.isEmpty()) {
            suspects.remove(serverId);
        }
    }

    boolean isSuspect(String serverId, long nowMs) {
        return untilMs(serverId) > nowMs;
    }

    /** When the suspicion ends; 0 when there is none. */
    long untilMs(String serverId) {
        Suspect suspect = suspects.get(serverId);
        return suspect == null ? 0 : suspect.untilMs();
    }

    int failures(String serverId) {
        Suspect suspect = suspects.get(serverId);
        return suspect == null ? 0 : suspect.failures();
    }

    void forgetAllBut(Set<String> serverIds) {
        suspects.keySet().retainAll(serverIds);
    }
}
