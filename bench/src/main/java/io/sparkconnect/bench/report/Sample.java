/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import org.jspecify.annotations.Nullable;

/**
 * One peer in one round of a scenario. Latencies in microseconds, CPU and time in nanoseconds; {@code sentLateP99} is how
 * late the load generator itself was; {@code othersCores} is what the rest of the machine used; {@code peerCompiling} is the part of
 * {@code peerCpu} that a JVM's compilers took.
 */
public record Sample(
        String peer,
        int round,
        long calls,
        long bytes,
        long nanos,
        double p50,
        double p99,
        double sentLateP99,
        long peerCpu,
        long peerCompiling,
        long loadCpu,
        double othersCores,
        long failures,
        long strays,
        @Nullable String firstFailure) {

    public boolean isGood() {
        return failures == 0 && strays == 0 && calls > 0;
    }

    double callsPerSecond() {
        return calls * 1e9 / nanos;
    }

    double megabytesPerSecond() {
        return bytes * 1e3 / nanos;
    }

    double peerMicrosPerCall() {
        return peerCpu / 1e3 / calls;
    }

    double loadMicrosPerCall() {
        return loadCpu / 1e3 / calls;
    }

    /** CPU seconds per 10⁹ bytes: nanoseconds per byte. */
    double peerSecondsPerGigabyte() {
        return (double) peerCpu / bytes;
    }

    double loadSecondsPerGigabyte() {
        return (double) loadCpu / bytes;
    }
}
