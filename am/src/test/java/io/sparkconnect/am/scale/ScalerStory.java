/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ScalingStatus.Limit;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A pool whose load, servers and room a test sets as it likes, and lets time pass. */
abstract class ScalerStory {
    static final Room WIDE = new Room(100, Limit.QUEUE, "queue q holds 100 servers", "queue q is full", false);
    static final PoolScaling HOW = new PoolScaling(
            0,
            80,
            0,
            2,
            Duration.ofSeconds(15).toMillis(),
            1,
            Duration.ofMinutes(1).toMillis(),
            Duration.ofMinutes(10).toMillis(),
            Duration.ofMinutes(2).toMillis(),
            Duration.ofMinutes(5).toMillis(),
            0);

    final PoolScaler scaler = new PoolScaler();
    PoolSpec pool = pool(1, 10, HOW);
    Room room = WIDE;
    long nowMs = 1_000_000;
    int slots;
    int up;
    int sessions;
    int held;
    int operations;
    int strained;
    int strainedSessions;
    boolean known = true;
    String lastGrounds = "";

    ScalingDecision decide() {
        int holding = Math.max(up, slots == up ? up : Math.min(slots, up));
        PoolLoad load = new PoolLoad(
                slots, holding, up, slots - holding, sessions, held, operations, strained, strainedSessions, known);
        ScalingDecision decision = scaler.decide(pool, load, room, nowMs);
        if (!decision.grounds().isEmpty()) {
            lastGrounds = decision.grounds();
        }
        return decision;
    }

    void running(int count) {
        slots = count;
        up = count;
    }

    /** Lets every server that is wanted come up at once; yields the target when it stays. */
    int settle() {
        int before;
        do {
            before = decide().target();
            running(before);
            passes(Duration.ofSeconds(15));
        } while (decide().target() != before);
        return before;
    }

    /** In small steps, as a real core decides. */
    void passes(Duration time) {
        long until = nowMs + time.toMillis();
        while (nowMs < until - 1_000) {
            nowMs += 1_000;
            if (nowMs < until - 1_000) {
                decide();
            }
        }
        nowMs = until;
    }

    static PoolScaling spare(int servers) {
        return new PoolScaling(servers, 80, 0, 2, 15_000, 1, 60_000, 600_000, 120_000, 300_000, 0);
    }

    static PoolSpec pool(int least, int most, @Nullable PoolScaling how) {
        return PoolSpec.builder("default")
                .servers(least, most)
                .queue("q")
                .spark("/opt/spark", null)
                .sessionsPerServer(10)
                .scaling(how)
                .build();
    }
}
