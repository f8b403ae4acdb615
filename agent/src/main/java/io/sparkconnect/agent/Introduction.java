/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/**
 * What a server says of itself when it joins.
 *
 * @param instanceId 32 hex digits, random per process
 * @param port the gRPC port that was bound
 * @param agentPort where the agent answers
 * @param uiUrl the driver's web page, or empty
 */
record Introduction(
        String serverId,
        String instanceId,
        String host,
        int port,
        int agentPort,
        String sparkVersion,
        String applicationId,
        String uiUrl,
        long pid) {

    String toJson(ContainerSecret secret) {
        return new JsonObject()
                .put("serverId", serverId)
                .put("secret", secret.reveal())
                .put("instanceId", instanceId)
                .put("host", host)
                .put("port", port)
                .put("agentPort", agentPort)
                .put("sparkVersion", sparkVersion)
                .put("applicationId", applicationId)
                .put("uiUrl", uiUrl)
                .put("pid", pid)
                .toString();
    }
}
