/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.util.Map;
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

    /** The spec with the pool; the settings that say what its servers are started with go with it. */
    static ServiceSpec put(ServiceSpec spec, PoolSpec pool) {
        if (!OwnKeys.describe(spec, pool.name())) {
            return spec.withPool(pool);
        }
        return spec.withSettings(StartSettings.saying(spec, pool)).withPool(pool);
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
