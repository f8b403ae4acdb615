/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/** What the clients of one run have seen. Event loops write, the measuring thread reads; both at any time. */
public class Ledger {
    private static final int DIGITS = 3;

    private final LongAdder calls = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder strays = new LongAdder();
    private final AtomicReference<@Nullable String> firstFailure = new AtomicReference<>();
    private final Recorder latency = new Recorder(DIGITS);
    private final Recorder sendDelay = new Recorder(DIGITS);

    /** A verified call; the latency runs from the time at which it was meant to be sent. */
    void completed(long latencyNanos) {
        calls.increment();
        latency.recordValue(Math.max(0, latencyNanos));
    }

    /** How much later than intended a call was sent: the load generator's own share of the latency. */
    void sentLate(long nanos) {
        sendDelay.recordValue(Math.max(0, nanos));
    }

    void received(long payloadBytes) {
        bytes.add(payloadBytes);
    }

    void failed(String reason) {
        failures.increment();
        firstFailure.compareAndSet(null, reason);
    }

    /** Calls were still under way that long after the load was told to stop. */
    public void failUnfinished(java.time.Duration waited) {
        failed("calls still unanswered after " + waited.toSeconds() + " s");
    }

    /** An answer came from another server than the session's first answer. */
    void strayed() {
        strays.increment();
    }

    public long calls() {
        return calls.sum();
    }

    public long bytes() {
        return bytes.sum();
    }

    public long failures() {
        return failures.sum();
    }

    public long strays() {
        return strays.sum();
    }

    public @Nullable String firstFailure() {
        return firstFailure.get();
    }

    /** Latencies in nanoseconds since the last call of this method. */
    public Histogram takeLatencies() {
        return latency.getIntervalHistogram();
    }

    /** Delays of sending in nanoseconds since the last call of this method. */
    public Histogram takeSendDelays() {
        return sendDelay.getIntervalHistogram();
    }
}
