/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.agents;

import io.sparkconnect.am.core.HealthAnswer;
import io.sparkconnect.registry.ServerLoad;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/health} as it travels; what the AM does not use is left out. */
record HealthBody(
        @Nullable String instanceId,
        boolean alive,
        @Nullable String reason,
        @Nullable Integer sessions,
        @Nullable Integer operations,
        long heapUsedBytes,
        long heapMaxBytes,
        @Nullable String applicationId) {
    HealthAnswer toAnswer() {
        return new HealthAnswer(
                instanceId == null ? "" : instanceId,
                alive,
                reason == null ? "" : reason,
                new ServerLoad(
                        sessions == null ? -1 : sessions,
                        operations == null ? -1 : operations,
                        heapUsedBytes,
                        heapMaxBytes),
                applicationId == null || applicationId.isEmpty() ? null : applicationId);
    }
}
