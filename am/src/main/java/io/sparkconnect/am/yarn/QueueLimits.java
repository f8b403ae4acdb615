/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.registry.JsonCodec;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/** Limits of queues that YARN's client does not tell. */
interface QueueLimits {
    /** @param path of a leaf queue, such as {@code root.users.sparkconnect}. Yields 0 where none is known. */
    double userLimitFactor(String path);

    /** The scheduler gives memory in multiples of this, MiB. */
    long stepMiB();

    /**
     * By the pages of the active ResourceManager.
     *
     * @throws IOException when its page for queues is not what is expected
     */
    static QueueLimits told(byte[] scheduler, Configuration configuration) throws IOException {
        Map<String, Double> factors = new HashMap<>();
        Page page = JsonCodec.decode(scheduler, Page.class, "/ws/v1/cluster/scheduler");
        Queue root = page.root();
        if (root == null) {
            throw new IOException("its answer for /ws/v1/cluster/scheduler names no scheduler");
        }
        root.collect("", factors);
        return new Known(Map.copyOf(factors), step(configuration));
    }

    /** By the files of this machine, which need not be the ResourceManager's; read anew. */
    static QueueLimits ofFiles(Configuration conf) {
        Configuration files = new Configuration(conf);
        files.addResource("capacity-scheduler.xml");
        files.reloadConfiguration();
        return new QueueLimits() {
            @Override
            public double userLimitFactor(String path) {
                return files.getDouble("yarn.scheduler.capacity." + path + ".user-limit-factor", 0);
            }

            @Override
            public long stepMiB() {
                return step(files);
            }
        };
    }

    private static long step(Configuration conf) {
        return conf.getLong(
                YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB,
                YarnConfiguration.DEFAULT_RM_SCHEDULER_MINIMUM_ALLOCATION_MB);
    }

    /** @param userLimitFactors by path */
    record Known(Map<String, Double> userLimitFactors, long stepMiB) implements QueueLimits {
        @Override
        public double userLimitFactor(String path) {
            return userLimitFactors.getOrDefault(path, 0.0);
        }
    }

    /**
     * The scheduler's page, as far as we read it: as Hadoop documents it, and as it is where Hadoop's jars are shaded (its
     * mini cluster, of which our tests are), since the names that its classes give to JSON are lost there.
     */
    record Page(@Nullable Scheduler scheduler, @Nullable Queue schedulerInfo) {
        @Nullable
        Queue root() {
            return scheduler == null ? schedulerInfo : scheduler.schedulerInfo();
        }
    }

    record Scheduler(@Nullable Queue schedulerInfo) {}

    /** The CapacityScheduler's root has a queue's form; other schedulers name no user limits. */
    record Queue(
            @Nullable String queueName,
            @Nullable Double userLimitFactor,
            @Nullable Queues queues) {
        void collect(String parent, Map<String, Double> factors) {
            if (queueName == null) {
                return;
            }
            String path = parent.isEmpty() ? queueName : parent + "." + queueName;
            if (userLimitFactor != null) {
                factors.put(path, userLimitFactor);
            }
            if (queues != null) {
                queues.all().forEach(child -> child.collect(path, factors));
            }
        }
    }

    record Queues(@Nullable List<Queue> queue, @Nullable List<Queue> queueInfoList) {
        List<Queue> all() {
            List<Queue> told = queue == null ? queueInfoList : queue;
            return told == null ? List.of() : told;
        }
    }
}
