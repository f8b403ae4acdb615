/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import java.time.Duration;
import java.util.Map;

/** Specs and policies for tests of the core. */
public final class Specs {
    public static final Policy POLICY = new Policy(
            Duration.ofMinutes(5),
            Duration.ofMinutes(2),
            Duration.ofSeconds(2),
            3,
            Duration.ofSeconds(1),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofSeconds(10),
            Duration.ofMinutes(2),
            Duration.ofHours(24),
            Duration.ofSeconds(10),
            Duration.ofMinutes(11),
            Duration.ofSeconds(120),
            Duration.ofSeconds(60),
            Duration.ofMinutes(3),
            new RolloutLimits(3, Duration.ofMinutes(20), 10),
            0);

    /** By then each proxy knows of a drain. */
    static final Duration PROXIES_SEE_WITHIN = Duration.ofSeconds(6);

    /** As nearly everywhere. */
    public static final Spreading BY_BLACKLIST = Spreading.byBlacklist("placement constraints are disabled");

    private Specs() {}

    /** The ApplicationMaster's own container is so large. */
    static Policy withMaster(int masterMiB) {
        return new Policy(
                POLICY.readyTimeout(),
                POLICY.launchTimeout(),
                POLICY.healthInterval(),
                POLICY.healthFailures(),
                POLICY.backoffInitial(),
                POLICY.backoffMax(),
                POLICY.stableAfter(),
                POLICY.stopGrace(),
                POLICY.drainTimeout(),
                POLICY.deathsKeep(),
                POLICY.spreadFor(),
                POLICY.askAgainAfter(),
                POLICY.lateContainers(),
                POLICY.goneAfter(),
                POLICY.reapFor(),
                POLICY.rollouts(),
                masterMiB);
    }

    public static ServiceSpec servers(int count, long generation) {
        return spec(count, 1408, generation, DesiredState.RUNNING, 0);
    }

    static ServiceSpec stopped(int count, long generation, long drainDeadlineMs) {
        return spec(count, 1408, generation, DesiredState.STOPPED, drainDeadlineMs);
    }

    static ServiceSpec sized(int count, int containerMiB, long generation) {
        return spec(count, containerMiB, generation, DesiredState.RUNNING, 0);
    }

    /** Servers that may only be on nodes with the label. */
    static ServiceSpec labelled(int count, String label) {
        PoolSpec pool = PoolSpec.builder("default")
                .servers(count, count)
                .spark("/opt/spark", null)
                .nodeLabel(label)
                .build();
        return new ServiceSpec(1, "svc", "ana", DesiredState.RUNNING, 0, Map.of("default", pool), Map.of());
    }

    /** Servers of 1408 MiB for 10 sessions each; up by two and down by one at a time. */
    static ServiceSpec scaled(int least, int most, long generation) {
        return scaledWith(least, most, generation, Duration.ZERO);
    }

    /** The same with a deadline for sessions on servers that are given up. */
    static ServiceSpec scaledWith(int least, int most, long generation, Duration drain) {
        PoolScaling how = new PoolScaling(
                0,
                80,
                0,
                2,
                0,
                1,
                Duration.ofMinutes(1).toMillis(),
                Duration.ofMinutes(10).toMillis(),
                Duration.ofMinutes(2).toMillis(),
                Duration.ofMinutes(5).toMillis(),
                drain.toMillis());
        PoolSpec pool = PoolSpec.builder("default")
                .servers(least, most)
                .queue("root.users.sparkconnect")
                .spark("/opt/spark", null)
                .sessionsPerServer(10)
                .scaling(how)
                .build();
        return new ServiceSpec(generation, "svc", "ana", DesiredState.RUNNING, 0, Map.of("default", pool), Map.of());
    }

    private static ServiceSpec spec(
            int count, int containerMiB, long generation, DesiredState desired, long drainDeadlineMs) {
        PoolSpec pool = PoolSpec.builder("default")
                .servers(count, Math.max(count, 10))
                .memory(containerMiB - 384, 384)
                .spark("/opt/spark", null)
                .build();
        return new ServiceSpec(generation, "svc", "ana", desired, drainDeadlineMs, Map.of("default", pool), Map.of());
    }
}
