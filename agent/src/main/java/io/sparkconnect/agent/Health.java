/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

/**
 * The answer to a poll.
 *
 * @param alive false when the SparkContext is stopped or stopping
 * @param reason why it is not alive, else empty
 * @param port the gRPC port, or 0 before it is bound
 * @param applicationId empty before Spark has one
 * @param beat grows with each second in which the process could run
 */
record Health(
        String instanceId,
        boolean alive,
        String reason,
        int port,
        Load load,
        long heapUsedBytes,
        long heapMaxBytes,
        String applicationId,
        boolean draining,
        long beat) {

    String toJson() {
        return new JsonObject()
                .put("instanceId", instanceId)
                .put("alive", alive)
                .put("reason", reason)
                .put("port", port)
                .put("sessions", load.sessions())
                .put("operations", load.operations())
                .put("heapUsedBytes", heapUsedBytes)
                .put("heapMaxBytes", heapMaxBytes)
                .put("applicationId", applicationId)
                .put("draining", draining)
                .put("beat", beat)
                .toString();
    }
}
