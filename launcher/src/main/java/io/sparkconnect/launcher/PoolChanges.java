/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.ServiceSettings;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Other shapes of a pool, and how it gets there. Pure. */
final class PoolChanges {
    private PoolChanges() {}

    static PoolSpec withSpark(PoolSpec pool, SparkDistribution spark, Map<String, String> conf) {
        return pool.toBuilder()
                .spark(spark.home(), spark.archive())
                .sparkConf(conf)
                .build();
    }

    /**
     * A pool that is to be brought about server by server, with a way back to what worked last.
     *
     * @param before the pool as it is wished now, brought about or not
     * @param status tells whether it is
     */
    static PoolSpec rolledOut(
            PoolSpec after, PoolSpec before, long revision, String what, int maxSurge, @Nullable ServiceStatus status) {
        return after.withRollout(new RolloutOrder(revision, what, false, maxSurge, lastGood(before, status)));
    }

    /** Whether a server started for one would be started in the same way for the other. */
    static boolean startAlike(PoolSpec one, PoolSpec other) {
        return one.driverMemoryMiB() == other.driverMemoryMiB()
                && one.overheadMiB() == other.overheadMiB()
                && one.vcores() == other.vcores()
                && one.executorsQueue().equals(other.executorsQueue())
                && Objects.equals(one.sparkHome(), other.sparkHome())
                && Objects.equals(one.sparkArchive(), other.sparkArchive())
                && Objects.equals(one.javaHome(), other.javaHome())
                && Objects.equals(one.nodeLabel(), other.nodeLabel())
                && one.sparkConf().equals(other.sparkConf())
                && one.environment().equals(other.environment());
    }

    /** The spec with the pool; the settings that describe its Spark go with it. */
    static ServiceSpec put(ServiceSpec spec, PoolSpec pool) {
        if (!OwnKeys.describe(spec, pool.name())) {
            return spec.withPool(pool);
        }
        Map<String, String> settings = new TreeMap<>(spec.settings());
        PoolSpec before = spec.pools().get(pool.name());
        if (before == null
                || !Objects.equals(before.sparkHome(), pool.sparkHome())
                || !Objects.equals(before.sparkArchive(), pool.sparkArchive())) {
            OwnKeys.set(spec, pool.name(), ServiceSettings.SPARK_HOME, pool.sparkHome(), settings);
            OwnKeys.set(spec, pool.name(), ServiceSettings.SPARK_ARCHIVE, pool.sparkArchive(), settings);
        }
        OwnKeys.setConf(spec, pool.name(), pool.sparkConf(), settings);
        return spec.withSettings(settings).withPool(pool);
    }

    /** What the pool's servers last ran with for sure; without a way back of its own. */
    static PoolSpec lastGood(PoolSpec pool, @Nullable ServiceStatus status) {
        RolloutOrder order = pool.rollout();
        if (order == null) {
            return pool;
        }
        PoolSpec previous = order.previous();
        boolean settled = RolloutOutcome.isSettled(pool.name(), pool.revision(), status);
        if (settled || previous == null) {
            return pool.withRollout(new RolloutOrder(order.revision(), order.what(), false, order.maxSurge(), null));
        }
        return previous;
    }
}
