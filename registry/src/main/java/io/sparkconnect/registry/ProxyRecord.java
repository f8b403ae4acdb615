/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;

/**
 * A living proxy; its node is ephemeral.
 *
 * @param proxyId random per process
 * @param address host:port that clients use
 * @param adminAddress host:port of its admin endpoint
 * @param connections open client connections
 * @param sessions sessions that it has seen lately
 * @param heldStreams streams that wait for a server
 * @param startedAtMs when it started
 * @param heldSessions sessions that wait for a server with room, by pool; under the empty name those that any pool will do for
 * @param sessionsByServer sessions that it has seen lately, by server id
 */
public record ProxyRecord(
        String proxyId,
        String address,
        String adminAddress,
        int connections,
        int sessions,
        int heldStreams,
        long startedAtMs,
        Map<String, Integer> heldSessions,
        Map<String, Integer> sessionsByServer) {
    public ProxyRecord {
        heldSessions = heldSessions == null ? Map.of() : Map.copyOf(heldSessions);
        sessionsByServer = sessionsByServer == null ? Map.of() : Map.copyOf(sessionsByServer);
    }
}
