/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The router's two times. Whatever it waits for or lets pass is measured in a time that runs evenly, so that whoever sets the
 * machine's clock makes nothing late and nothing wait. What it exchanges with others (last uses, when somebody wished
 * something) is of the machine's clock, and is translated on its way in and out. Thread-safe.
 */
final class RouterClock {
    private final LongSupplier machineMs;
    private final LongSupplier nanoTime;
    private final long beganMs;
    private final long beganNanos;

    /**
     * @param machineMs the machine's clock, milliseconds since the epoch
     * @param nanoTime as {@link System#nanoTime}
     */
    RouterClock(LongSupplier machineMs, LongSupplier nanoTime) {
        this.machineMs = machineMs;
        this.nanoTime = nanoTime;
        this.beganMs = machineMs.getAsLong();
        this.beganNanos = nanoTime.getAsLong();
    }

    static RouterClock ofThisMachine() {
        return new RouterClock(System::currentTimeMillis, System::nanoTime);
    }

    /** Milliseconds that run evenly; they begin as the machine's clock showed them, and are comparable with one another only. */
    long now() {
        return beganMs + TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - beganNanos);
    }

    /** What the machine's clock shows now. */
    long machine() {
        return machineMs.getAsLong();
    }

    /** What the machine's clock, as it is set now, showed or will show at that even time. */
    long toMachine(long evenMs) {
        return machine() - (now() - evenMs);
    }

    /** The even time at which the machine's clock, as it is set now, showed this; now when that is still to come. */
    long fromMachine(long machineTimeMs) {
        return now() - Math.max(0, machine() - machineTimeMs);
    }
}
