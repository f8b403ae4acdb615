/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import org.jspecify.annotations.Nullable;

/**
 * An agent that has proved its container's secret, and what it says of its server.
 *
 * @param instanceId random per process
 * @param port bound Spark Connect port
 * @param agentUrl base URL of the agent
 * @param applicationId the server's own Spark application; null when it does not know it yet
 */
public record JoinRequest(
        String containerId,
        String instanceId,
        String host,
        int port,
        String agentUrl,
        @Nullable String sparkVersion,
        @Nullable String applicationId) {}
