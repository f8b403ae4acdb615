/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The desired state of one pool: servers that are alike.
 *
 * @param name pool name, {@code [a-z][a-z0-9-]*}
 * @param minServers servers to keep, ≥ 0
 * @param maxServers most servers ever, ≥ {@code minServers}
 * @param driverMemoryMiB heap of a server's driver, MiB
 * @param overheadMiB what the container has beyond the heap, MiB; container size is the sum of both
 * @param vcores virtual cores of a server's container
 * @param queue YARN queue of the servers' containers (that is: of the drivers)
 * @param executorsQueue YARN queue of each server's own application (its executors)
 * @param sparkHome SPARK_HOME as the nodes see it; exactly one of this and {@code sparkArchive} is set
 * @param sparkArchive URI of a Spark distribution that YARN localises for each server
 * @param javaHome JAVA_HOME of servers and executors; null for the node's own
 * @param nodeLabel node label expression of the containers; null for the queue's default
 * @param sessionsPerServer most sessions that proxies place on one server
 * @param sparkConf Spark configuration of the pool; what the service must decide itself wins over it
 * @param environment further environment of the servers
 * @param scaling how the number of servers follows the load; null keeps {@code minServers} whatever the load
 * @param rollout the last wish to start its servers anew; null before the first
 */
public record PoolSpec(
        String name,
        int minServers,
        int maxServers,
        int driverMemoryMiB,
        int overheadMiB,
        int vcores,
        String queue,
        String executorsQueue,
        @Nullable String sparkHome,
        @Nullable String sparkArchive,
        @Nullable String javaHome,
        @Nullable String nodeLabel,
        int sessionsPerServer,
        Map<String, String> sparkConf,
        Map<String, String> environment,
        @Nullable PoolScaling scaling,
        @Nullable RolloutOrder rollout) {
    public PoolSpec {
        sparkConf = sparkConf == null ? Map.of() : Map.copyOf(sparkConf);
        environment = environment == null ? Map.of() : Map.copyOf(environment);
    }

    /** A pool of this name that has nothing but the defaults of {@link Builder}. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** The same pool, to be changed. */
    public Builder toBuilder() {
        return builderLikeThis(name);
    }

    /** A pool of another name that is the same otherwise. */
    public PoolSpec named(String otherName) {
        return builderLikeThis(otherName).build();
    }

    private Builder builderLikeThis(String itsName) {
        return new Builder(itsName)
                .servers(minServers, maxServers)
                .memory(driverMemoryMiB, overheadMiB)
                .vcores(vcores)
                .queue(queue)
                .executorsQueue(executorsQueue)
                .spark(sparkHome, sparkArchive)
                .javaHome(javaHome)
                .nodeLabel(nodeLabel)
                .sessionsPerServer(sessionsPerServer)
                .sparkConf(sparkConf)
                .environment(environment)
                .scaling(scaling)
                .rollout(rollout);
    }

    /** Which configuration this is: servers that were started with another revision are out of date. */
    public long revision() {
        return rollout == null ? 0 : rollout.revision();
    }

    public PoolSpec withServers(int least, int most) {
        return toBuilder().servers(least, most).build();
    }

    public PoolSpec withRollout(@Nullable RolloutOrder wish) {
        return toBuilder().rollout(wish).build();
    }

    /** Whether a server started for one would be started in the same way for the other. */
    public boolean startsLike(PoolSpec other) {
        return equals(startedLike(other));
    }

    /**
     * This pool with its servers started as those of another: all that only a new server brings about. How many there are, what
     * each may take and the rollout, which hold for running servers at once, stay as they are.
     */
    public PoolSpec startedLike(PoolSpec other) {
        return toBuilder()
                .memory(other.driverMemoryMiB, other.overheadMiB)
                .vcores(other.vcores)
                .executorsQueue(other.executorsQueue)
                .spark(other.sparkHome, other.sparkArchive)
                .javaHome(other.javaHome)
                .nodeLabel(other.nodeLabel)
                .sparkConf(other.sparkConf)
                .environment(other.environment)
                .build();
    }

    /** Memory of a server's container, MiB. */
    public int containerMiB() {
        return driverMemoryMiB + overheadMiB;
    }

    /** Whether a container that was asked for by the one will do for the other. */
    public boolean asksForSameContainerAs(PoolSpec other) {
        return containerMiB() == other.containerMiB()
                && vcores == other.vcores
                && Objects.equals(nodeLabel, other.nodeLabel);
    }

    /** A pool under way; the settings' own defaults at first, and no Spark. Confined to its maker. */
    public static final class Builder {
        private final String name;
        private int minServers = 2;
        private int maxServers = 10;
        private int driverMemoryMiB = 1024;
        private int overheadMiB = 384;
        private int vcores = 1;
        private String queue = "sparkconnect";
        private String executorsQueue = "default";
        private @Nullable String sparkHome;
        private @Nullable String sparkArchive;
        private @Nullable String javaHome;
        private @Nullable String nodeLabel;
        private int sessionsPerServer = 60;
        private Map<String, String> sparkConf = Map.of();
        private Map<String, String> environment = Map.of();
        private @Nullable PoolScaling scaling;
        private @Nullable RolloutOrder rollout;

        private Builder(String name) {
            this.name = name;
        }

        public Builder servers(int least, int most) {
            minServers = least;
            maxServers = most;
            return this;
        }

        public Builder memory(int driverMiB, int overhead) {
            driverMemoryMiB = driverMiB;
            overheadMiB = overhead;
            return this;
        }

        public Builder vcores(int value) {
            vcores = value;
            return this;
        }

        public Builder queue(String value) {
            queue = value;
            return this;
        }

        public Builder executorsQueue(String value) {
            executorsQueue = value;
            return this;
        }

        /** Exactly one of them is not null. */
        public Builder spark(@Nullable String home, @Nullable String archive) {
            sparkHome = home;
            sparkArchive = archive;
            return this;
        }

        public Builder javaHome(@Nullable String value) {
            javaHome = value;
            return this;
        }

        public Builder nodeLabel(@Nullable String value) {
            nodeLabel = value;
            return this;
        }

        public Builder sessionsPerServer(int value) {
            sessionsPerServer = value;
            return this;
        }

        public Builder sparkConf(Map<String, String> value) {
            sparkConf = value;
            return this;
        }

        public Builder environment(Map<String, String> value) {
            environment = value;
            return this;
        }

        public Builder scaling(@Nullable PoolScaling value) {
            scaling = value;
            return this;
        }

        public Builder rollout(@Nullable RolloutOrder value) {
            rollout = value;
            return this;
        }

        public PoolSpec build() {
            return new PoolSpec(
                    name,
                    minServers,
                    maxServers,
                    driverMemoryMiB,
                    overheadMiB,
                    vcores,
                    queue,
                    executorsQueue,
                    sparkHome,
                    sparkArchive,
                    javaHome,
                    nodeLabel,
                    sessionsPerServer,
                    sparkConf,
                    environment,
                    scaling,
                    rollout);
        }
    }
}
