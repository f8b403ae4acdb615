/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The registry at one moment.
 *
 * @param servers published servers by id
 * @param deaths death certificates by server id
 * @param status the AM's last word; null when there is none
 * @param connected whether the store answered last time; while false the rest is the last that was known
 * @param unreadable ids of servers whose record is there but cannot be read; {@code servers} has what it said before, if it
 *     ever said anything
 * @param kills operators' wishes that sessions end, by their id
 * @param pools what the spec says of pools; null while there is no spec that can be read
 */
public record ServerSnapshot(
        Map<String, ServerRecord> servers,
        Map<String, DeathCertificate> deaths,
        @Nullable ServiceStatus status,
        boolean connected,
        Set<String> unreadable,
        Map<String, SessionKill> kills,
        @Nullable ServicePools pools) {
    public static final ServerSnapshot EMPTY = new ServerSnapshot(Map.of(), Map.of(), null, false);

    public ServerSnapshot {
        servers = Map.copyOf(servers);
        deaths = Map.copyOf(deaths);
        unreadable = Set.copyOf(unreadable);
        kills = Map.copyOf(kills);
    }

    /** Every record can be read, no session is killed, and nothing is said of pools. */
    public ServerSnapshot(
            Map<String, ServerRecord> servers,
            Map<String, DeathCertificate> deaths,
            @Nullable ServiceStatus status,
            boolean connected) {
        this(servers, deaths, status, connected, Set.of(), Map.of(), null);
    }
}
