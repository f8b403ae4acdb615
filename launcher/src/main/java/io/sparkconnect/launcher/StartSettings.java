/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings that say what a pool's servers are started with, written from the pool. Pure. */
final class StartSettings {
    /** In this order: what is not said of the overhead follows from the memory. */
    private static final List<One> ONES = List.of(
            new One(ServiceSettings.SERVER_MEMORY, pool -> memory(pool.driverMemoryMiB())),
            new One(ServiceSettings.SERVER_MEMORY_OVERHEAD, pool -> memory(pool.overheadMiB())),
            new One(ServiceSettings.SERVER_VCORES, pool -> Integer.toString(pool.vcores())),
            new One(ServiceSettings.EXECUTORS_QUEUE, PoolSpec::executorsQueue),
            new One(ServiceSettings.SERVER_JAVA_HOME, pool -> orEmpty(pool.javaHome())),
            new One(ServiceSettings.SERVER_NODE_LABEL, pool -> orEmpty(pool.nodeLabel())));

    private StartSettings() {}

    /** The spec's settings so that they describe the pool's start. What they say rightly already stays as it was written. */
    static Map<String, String> saying(ServiceSpec spec, PoolSpec pool) {
        String name = pool.name();
        Map<String, String> settings = new TreeMap<>(spec.settings());
        spark(spec, pool, settings);
        ONES.forEach(one -> one.say(spec, pool, settings));
        OwnKeys.setFamily(spec, name, ServiceSettings.SERVER_CONF, pool.sparkConf(), settings);
        OwnKeys.setFamily(spec, name, ServiceSettings.SERVER_ENVIRONMENT, pool.environment(), settings);
        return settings;
    }

    /** One of home and archive stands in place of the other. */
    private static void spark(ServiceSpec spec, PoolSpec pool, Map<String, String> settings) {
        String home = OwnKeys.key(spec, pool.name(), ServiceSettings.SPARK_HOME);
        String archive = OwnKeys.key(spec, pool.name(), ServiceSettings.SPARK_ARCHIVE);
        if (hasSparkOf(pool, settings)) {
            return;
        }
        settings.remove(home);
        settings.remove(archive);
        if (hasSparkOf(pool, settings)) {
            return;
        }
        if (pool.sparkHome() != null) {
            settings.put(home, pool.sparkHome());
        } else if (pool.sparkArchive() != null) {
            settings.put(archive, pool.sparkArchive());
        }
    }

    private static boolean hasSparkOf(PoolSpec pool, Map<String, String> settings) {
        PoolSpec described = described(pool.name(), settings);
        return Objects.equals(described.sparkHome(), pool.sparkHome())
                && Objects.equals(described.sparkArchive(), pool.sparkArchive());
    }

    private static PoolSpec described(String pool, Map<String, String> texts) {
        Settings settings =
                SpecSettings.configuration(texts, "the service's spec").pools().of(pool);
        return SpecPlan.pool(
                pool,
                settings,
                new SparkDistribution(
                        settings.get(ServiceSettings.SPARK_HOME).orElse(null),
                        settings.get(ServiceSettings.SPARK_ARCHIVE).orElse(null),
                        null));
    }

    private static String memory(int mib) {
        return mib % 1024 == 0 ? mib / 1024 + "g" : mib + "m";
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** @param text as it would be written for a pool */
    private record One(Setting<?> setting, Function<PoolSpec, String> text) {
        void say(ServiceSpec spec, PoolSpec pool, Map<String, String> settings) {
            String key = OwnKeys.key(spec, pool.name(), setting);
            if (isSaid(pool, settings)) {
                return;
            }
            // What the service has for all, or the default, before a text of the pool's own.
            settings.remove(key);
            if (!isSaid(pool, settings)) {
                settings.put(key, text.apply(pool));
            }
        }

        private boolean isSaid(PoolSpec pool, Map<String, String> settings) {
            return text.apply(described(pool.name(), settings)).equals(text.apply(pool));
        }
    }
}
