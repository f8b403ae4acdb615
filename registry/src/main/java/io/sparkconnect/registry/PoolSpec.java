/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;
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

    /** A pool whose servers nobody has asked to start anew. */
    public PoolSpec(
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
            @Nullable PoolScaling scaling) {
        this(
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
                null);
    }

    /** Which configuration this is: servers that were started with another revision are out of date. */
    public long revision() {
        return rollout == null ? 0 : rollout.revision();
    }

    public PoolSpec withServers(int least, int most) {
        return new PoolSpec(
                name,
                least,
                most,
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

    public PoolSpec withRollout(@Nullable RolloutOrder wish) {
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
                wish);
    }

    /** Memory of a server's container, MiB. */
    public int containerMiB() {
        return driverMemoryMiB + overheadMiB;
    }
}
