/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.PoolSettings;
import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Settings to the wish that the ApplicationMaster brings about. */
final class SpecPlan {
    /** The pool that is always there. */
    static final String POOL = PoolSettings.DEFAULT;

    private SpecPlan() {}

    /** @param sparks where each pool's servers find Spark */
    static ServiceSpec of(
            Settings settings, Pools pools, Map<String, SparkDistribution> sparks, String user, long generation) {
        Map<String, PoolSpec> specs = new HashMap<>();
        for (String name : pools.names()) {
            specs.put(name, pool(name, pools.of(name), requireNonNull(sparks.get(name))));
        }
        return new ServiceSpec(
                        generation,
                        settings.get(ServiceSettings.SERVICE_NAME),
                        user,
                        DesiredState.RUNNING,
                        settings.get(ServiceSettings.DRAIN_TIMEOUT).toMillis(),
                        specs,
                        withSparkHome(settings, pools, sparks))
                .withRouting(pools.routing());
    }

    /** Where the launcher's SPARK_HOME is the service's Spark it must be said: later commands have another environment. */
    private static Map<String, String> withSparkHome(
            Settings settings, Pools pools, Map<String, SparkDistribution> sparks) {
        Map<String, String> given = settings.given();
        if (settings.get(ServiceSettings.SPARK_HOME).isEmpty()
                && settings.get(ServiceSettings.SPARK_ARCHIVE).isEmpty()) {
            pools.names().stream()
                    .filter(pool ->
                            pools.of(pool).get(ServiceSettings.SPARK_HOME).isEmpty())
                    .filter(pool ->
                            pools.of(pool).get(ServiceSettings.SPARK_ARCHIVE).isEmpty())
                    .map(pool -> requireNonNull(sparks.get(pool)).home())
                    .filter(Objects::nonNull)
                    .findFirst()
                    .ifPresent(home -> given.put(ServiceSettings.SPARK_HOME.name(), home));
        }
        return given;
    }

    /** @param settings the pool's */
    static PoolSpec pool(String name, Settings settings, SparkDistribution spark) {
        return PoolSpec.builder(name)
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
