/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sparkconnect.registry.SessionKey;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Rendezvous hashing: an order of servers for each session that all proxies find alike without talking, and that changes for
 * few sessions when a server comes or goes. Part of the contract between proxies of different versions: do not change it.
 */
final class Rendezvous {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private Rendezvous() {}

    /** Server ids, best first. */
    static List<String> order(SessionKey key, Collection<String> serverIds) {
        String hash = key.hash();
        record Weighed(String serverId, long weight) {}
        return serverIds.stream()
                .map(id -> new Weighed(id, weight(hash, id)))
                .sorted(Comparator.comparing(Weighed::weight, Long::compareUnsigned)
                        .reversed()
                        .thenComparing(Weighed::serverId))
                .map(Weighed::serverId)
                .toList();
    }

    /** FNV-1a of both, then the finalizer of MurmurHash3, without which ids that differ in the last digit stay close. */
    private static long weight(String keyHash, String serverId) {
        long hash = FNV_OFFSET;
        for (byte b : (keyHash + "/" + serverId).getBytes(UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }
}
