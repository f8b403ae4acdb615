/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings to the wish that the ApplicationMaster brings about. */
final class SpecPlan {
    /** The one pool that settings describe. */
    static final String POOL = "default";

    private SpecPlan() {}

    static ServiceSpec of(Settings settings, SparkDistribution spark, String user, long generation) {
        PoolSpec pool = PoolSpec.builder(POOL)
                .servers(settings.get(ServiceSettings.SERVERS_MIN), settings.get(ServiceSettings.SERVERS_MAX))
                .memory(settings.get(ServiceSettings.SERVER_MEMORY), ServerSize.overheadMiB(settings))
                .vcores(settings.get(ServiceSettings.SERVER_VCORES))
                .queue(settings.get(ServiceSettings.QUEUE))
                .executorsQueue(settings.get(ServiceSettings.EXECUTORS_QUEUE))
                .spark(spark.home(), spark.archive())
                .javaHome(settings.get(ServiceSettings.SERVER_JAVA_HOME).orElse(null))
                .nodeLabel(settings.get(ServiceSettings.SERVER_NODE_LABEL).orElse(null))
                .sessionsPerServer(settings.get(ServiceSettings.SESSIONS_PER_SERVER))
                .sparkConf(settings.get(ServiceSettings.SERVER_CONF))
                .environment(settings.get(ServiceSettings.SERVER_ENVIRONMENT))
                .scaling(scaling(settings))
                .build();
        return new ServiceSpec(
                generation,
                settings.get(ServiceSettings.SERVICE_NAME),
                user,
                DesiredState.RUNNING,
                settings.get(ServiceSettings.DRAIN_TIMEOUT).toMillis(),
                Map.of(POOL, pool),
                settings.given());
    }

    private static @Nullable PoolScaling scaling(Settings settings) {
        if (!settings.get(ServiceSettings.SCALING_ENABLED)) {
            return null;
        }
        return new PoolScaling(
                settings.get(ServiceSettings.SERVERS_SPARE),
                settings.get(ServiceSettings.SCALING_FILL_PERCENT),
                settings.get(ServiceSettings.SCALING_OPERATIONS),
                settings.get(ServiceSettings.SCALING_OUT_STEP),
                settings.get(ServiceSettings.SCALING_OUT_COOLDOWN).toMillis(),
                settings.get(ServiceSettings.SCALING_IN_STEP),
                settings.get(ServiceSettings.SCALING_IN_COOLDOWN).toMillis(),
                settings.get(ServiceSettings.SCALING_IN_IDLE).toMillis(),
                settings.get(ServiceSettings.SCALING_ASK_PATIENCE).toMillis(),
                settings.get(ServiceSettings.SCALING_ASK_PAUSE).toMillis(),
                settings.get(ServiceSettings.SCALING_IN_DRAIN).toMillis());
    }
}
