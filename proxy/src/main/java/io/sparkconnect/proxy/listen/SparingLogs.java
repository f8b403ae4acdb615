/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Lets one line of each kind through per interval, however often something happens. Thread-safe. */
public final class SparingLogs {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier nanoTime;
    private final Map<String, Kind> kinds = new ConcurrentHashMap<>();

    /** @param nanoTime monotonic */
    public SparingLogs(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * @param kind one of a few words
     * @param line gets how many lines of this kind were left out since the last one
     */
    public void log(String kind, LongConsumer line) {
        long now = nanoTime.getAsLong();
        kinds.computeIfAbsent(kind, first -> new Kind(now)).log(now, line);
    }

    private static final class Kind {
        private long nextNanos;
        private long suppressed;

        private Kind(long nowNanos) {
            this.nextNanos = nowNanos;
        }

        private synchronized void log(long now, LongConsumer line) {
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
}
