/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

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
 */
public record ProxyRecord(
        String proxyId,
        String address,
        String adminAddress,
        int connections,
        int sessions,
        int heldStreams,
        long startedAtMs) {}
