/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Lets one line through per interval, however often something happens. Thread-safe. */
final class SparingLog {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier nanoTime;
    private long nextNanos;
    private long suppressed;

    SparingLog(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.nextNanos = nanoTime.getAsLong();
    }

    /** @param line gets how many lines were left out since the last one */
    synchronized void log(LongConsumer line) {
        long now = nanoTime.getAsLong();
        if (now - nextNanos < 0) {
            suppressed++;
            return;
        }
        long leftOut = suppressed;
        suppressed = 0;
        nextNanos = now + INTERVAL_NANOS;
        line.accept(leftOut);
    }
}
