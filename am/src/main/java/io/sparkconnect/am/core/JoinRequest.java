/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import org.jspecify.annotations.Nullable;

/**
 * An agent that has proved its container's secret, and what it says of its server.
 *
 * @param instanceId random per process
 * @param port bound Spark Connect port
 * @param agentPort port of the agent on the same host
 * @param applicationId the server's own Spark application; null when it does not know it yet
 */
public record JoinRequest(
        String containerId,
        String instanceId,
        String host,
        int port,
        int agentPort,
        @Nullable String sparkVersion,
        @Nullable String applicationId) {
    /** Base URL of the agent. */
    public String agentUrl() {
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + agentPort;
    }

    /**
     * The same on another host. A server runs users' code, which can read the container's secret: so where it listens is
     * not its word but the node's name, or a forged join could lead clients and their tokens astray.
     */
    JoinRequest on(String nodeHost) {
        return new JoinRequest(containerId, instanceId, nodeHost, port, agentPort, sparkVersion, applicationId);
    }

    JoinRequest withApplication(String id) {
        return new JoinRequest(containerId, instanceId, host, port, agentPort, sparkVersion, id);
    }
}
