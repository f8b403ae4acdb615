/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import java.util.function.LongSupplier;

/** At most so many in each period. The period starts with the first event after the last one ended. */
final class RateWindow {
    private final int max;
    private final long periodNanos;
    private final LongSupplier nanoTime;
    private long startedAt;
    private int count;

    RateWindow(int max, long periodNanos, LongSupplier nanoTime) {
        this.max = max;
        this.periodNanos = periodNanos;
        this.nanoTime = nanoTime;
    }

    int max() {
        return max;
    }

    boolean permits() {
        // The clock is read at the first event and when the count is full: cheap for the many that behave.
        if (count == 0) {
            startedAt = nanoTime.getAsLong();
        } else if (count >= max) {
            long now = nanoTime.getAsLong();
            if (now - startedAt < periodNanos) {
                return false;
            }
            startedAt = now;
            count = 0;
        }
        count++;
        return true;
    }
}
