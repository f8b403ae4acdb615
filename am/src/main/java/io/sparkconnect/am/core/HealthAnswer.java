/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.ServerLoad;
import org.jspecify.annotations.Nullable;

/**
 * An agent's answer to a health question.
 *
 * @param instanceId of the process that answered: another one on the same port is not our server
 * @param alive false when its SparkContext has stopped
 * @param reason why not
 * @param applicationId the server's own Spark application
 */
public record HealthAnswer(
        String instanceId,
        boolean alive,
        String reason,
        ServerLoad load,
        @Nullable String applicationId) {}
