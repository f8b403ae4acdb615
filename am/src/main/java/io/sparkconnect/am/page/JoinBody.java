/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import io.sparkconnect.am.core.JoinRequest;
import org.jspecify.annotations.Nullable;

/** {@code PUT /agent/join/<serverId>} as it travels. */
record JoinBody(
        @Nullable String serverId,
        @Nullable String secret,
        @Nullable String instanceId,
        @Nullable String host,
        int port,
        int agentPort,
        @Nullable String sparkVersion,
        @Nullable String applicationId) {
    /** What is wrong with it; null when nothing is. */
    @Nullable
    String mistake(String pathId) {
        if (!pathId.equals(serverId)) {
            return "serverId: " + serverId + " (expected: " + pathId + " as in the path)";
        }
        if (instanceId == null || instanceId.isEmpty() || host == null || host.isEmpty()) {
            return "instanceId and host must be given";
        }
        if (port < 1 || port > 65535 || agentPort < 1 || agentPort > 65535) {
            return "port: " + port + ", agentPort: " + agentPort + " (expected: 1 to 65535)";
        }
        return null;
    }

    JoinRequest toRequest(String pathId) {
        return new JoinRequest(
                pathId,
                instanceId == null ? "" : instanceId,
                host == null ? "" : host,
                port,
                agentPort,
                sparkVersion,
                applicationId == null || applicationId.isEmpty() ? null : applicationId);
    }
}
