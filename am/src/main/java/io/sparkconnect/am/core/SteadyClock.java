/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Milliseconds that begin as the machine's clock shows them and then run evenly: whoever sets that clock makes nothing late
 * and nothing wait. Time in which nobody read it counts for {@link #LONGEST_STEP} at most: a process that stood still
 * (SIGSTOP, a suspended machine) could not have heard what it waits for. Confined to one thread, which reads it often.
 */
public final class SteadyClock implements LongSupplier {
    static final Duration LONGEST_STEP = Duration.ofSeconds(10);

    private final LongSupplier nanoTime;
    private final long beganMs;
    private long readAtNanos;
    private long passedNanos;

    /**
     * @param wallClock milliseconds since the epoch
     * @param nanoTime as {@link System#nanoTime}
     */
    public SteadyClock(LongSupplier wallClock, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.beganMs = wallClock.getAsLong();
        this.readAtNanos = nanoTime.getAsLong();
    }

    @Override
    public long getAsLong() {
        long nowNanos = nanoTime.getAsLong();
        passedNanos += Math.max(0, Math.min(nowNanos - readAtNanos, LONGEST_STEP.toNanos()));
        readAtNanos = nowNanos;
        return beganMs + passedNanos / 1_000_000;
    }
}
