/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The registry at one moment.
 *
 * @param servers published servers by id
 * @param deaths death certificates by server id
 * @param status the AM's last word; null when there is none
 * @param connected whether the store answered last time; while false the rest is the last that was known
 */
public record ServerSnapshot(
        Map<String, ServerRecord> servers,
        Map<String, DeathCertificate> deaths,
        @Nullable ServiceStatus status,
        boolean connected) {
    public static final ServerSnapshot EMPTY = new ServerSnapshot(Map.of(), Map.of(), null, false);

    public ServerSnapshot {
        servers = Map.copyOf(servers);
        deaths = Map.copyOf(deaths);
    }
}
