/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What the proxies say of themselves in the registry. Confined to the core thread. */
final class Proxies {
    /** Proxies see what was published within moments; those that lose their connection for a while, within seconds. */
    private static final long SEEN_WITHIN_MS = 6_000;

    /** Beyond that, a proxy writes what has changed every ten seconds at most, and what it has written has to come here. */
    private static final long TOLD_WITHIN_MS = SEEN_WITHIN_MS + 12_000;

    /** When this attempt began to look. */
    private final long beganMs;

    private Map<String, ProxyRecord> proxies = Map.of();
    private final Map<String, Long> firstSeenMs = new HashMap<>();
    private boolean connected;
    /** Since when the registry has been there without a break: what was to be published before may have come late. */
    private long connectedSinceMs;

    private long oneLeftAtMs;
    private final Map<String, Integer> sessionsByServer = new HashMap<>();

    Proxies(long beganMs) {
        this.beganMs = beganMs;
    }

    void seen(ProxySnapshot snapshot, long nowMs) {
        if (!snapshot.proxies().keySet().containsAll(proxies.keySet())) {
            oneLeftAtMs = nowMs;
        }
        proxies = snapshot.proxies();
        if (snapshot.connected() && !connected) {
            connectedSinceMs = nowMs;
        }
        connected = snapshot.connected();
        firstSeenMs.keySet().retainAll(proxies.keySet());
        proxies.keySet().forEach(id -> firstSeenMs.putIfAbsent(id, nowMs));
        sessionsByServer.clear();
        proxies.values()
                .forEach(proxy -> proxy.sessionsByServer()
                        .forEach((id, count) -> sessionsByServer.merge(id, count, Integer::sum)));
    }

    /** Whether what they say is of now. */
    boolean areKnown() {
        return connected;
    }

    /** Sessions that wait for a server of the pool. */
    int held(String pool, boolean forAnyPoolToo) {
        return proxies.values().stream()
                .mapToInt(proxy -> proxy.heldSessions().getOrDefault(pool, 0)
                        + (forAnyPoolToo ? proxy.heldSessions().getOrDefault("", 0) : 0))
                .sum();
    }

    /** Sessions that they know on a server; one that came through two proxies counts twice. -1 while nothing is known. */
    int sessions(String serverId) {
        return connected || !proxies.isEmpty() ? sessionsByServer.getOrDefault(serverId, 0) : -1;
    }

    /**
     * Whether no session can be on a draining server that counted none itself then. A session that a proxy gave it before it
     * knew of the drain may have been on its way; one that the server has ended may be bound at a proxy still, for hours.
     */
    boolean believeInNone(String serverId, long countedAtMs, long drainingSinceMs) {
        long publishedMs = Math.max(drainingSinceMs, connectedSinceMs);
        boolean nobodyKnowsOne = sessionsByServer.getOrDefault(serverId, 0) == 0;
        return countedAtMs >= publishedMs + (nobodyKnowsOne ? SEEN_WITHIN_MS : TOLD_WITHIN_MS);
    }

    /**
     * Whether no session can be on a draining server that cannot tell itself (Spark 3.x). A proxy that was started later than
     * the server may not know all of its sessions, and one that has left may have taken its knowledge with it.
     *
     * @param readyAtWallMs when the server became ready, by the clock of the machine that saw it
     */
    boolean vouchForNone(String serverId, long readyAtMs, long readyAtWallMs, long drainingSinceMs, long nowMs) {
        return connected
                && !proxies.isEmpty()
                && nowMs - Math.max(drainingSinceMs, connectedSinceMs) >= TOLD_WITHIN_MS
                && haveKnownAllSince(readyAtMs, readyAtWallMs)
                && sessionsByServer.getOrDefault(serverId, 0) == 0;
    }

    /** Whether no proxy has come or gone since then: what they know of a server that became ready is all there is. */
    boolean haveKnownAllSince(long readyAtMs, long readyAtWallMs) {
        return oneLeftAtMs < readyAtMs
                && proxies.keySet().stream().allMatch(proxy -> wasThereBefore(proxy, readyAtMs, readyAtWallMs));
    }

    /** Clocks of two machines are compared only where an earlier attempt saw what this one did not. */
    private boolean wasThereBefore(String proxyId, long readyAtMs, long readyAtWallMs) {
        return readyAtMs > beganMs
                ? Objects.requireNonNull(firstSeenMs.get(proxyId)) < readyAtMs
                : Objects.requireNonNull(proxies.get(proxyId)).startedAtMs() < readyAtWallMs;
    }
}
