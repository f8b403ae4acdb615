/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import java.time.Duration;
import java.util.Map;

/** Specs and policies for tests of the core. */
final class Specs {
    static final Policy POLICY = new Policy(
            Duration.ofMinutes(5),
            Duration.ofMinutes(2),
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
            new RolloutLimits(3, Duration.ofMinutes(20), 10));

    private Specs() {}

    static ServiceSpec servers(int count, long generation) {
        return spec(count, 1408, generation, DesiredState.RUNNING, 0);
    }

    static ServiceSpec stopped(int count, long generation, long drainDeadlineMs) {
        return spec(count, 1408, generation, DesiredState.STOPPED, drainDeadlineMs);
    }

    static ServiceSpec sized(int count, int containerMiB, long generation) {
        return spec(count, containerMiB, generation, DesiredState.RUNNING, 0);
    }

    private static ServiceSpec spec(
            int count, int containerMiB, long generation, DesiredState desired, long drainDeadlineMs) {
        PoolSpec pool = new PoolSpec(
                "default",
                count,
                Math.max(count, 10),
                containerMiB - 384,
                384,
                1,
                "sparkconnect",
                "default",
                "/opt/spark",
                null,
                null,
                null,
                60,
                Map.of(),
                Map.of(),
                null);
        return new ServiceSpec(generation, "svc", "ana", desired, drainDeadlineMs, Map.of("default", pool), Map.of());
    }
}
