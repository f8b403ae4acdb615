/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.load.HeldConnections;
import io.sparkconnect.bench.load.Ledger;
import io.sparkconnect.bench.load.LoadGenerator;
import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.measure.CpuReading;
import io.sparkconnect.bench.measure.Memory;
import io.sparkconnect.bench.peer.RunningPeer;
import io.sparkconnect.bench.report.IdleSample;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Memory of a fresh peer with many idle connections. It first serves a little, so that classes, buffers and pools that come
 * with the first call are not charged to the connections. Main thread.
 */
final class IdleMeasurement {
    private static final Duration SETTLE = Duration.ofSeconds(1);

    private final LoadGenerator generator;
    private final Measurement measurement;

    IdleMeasurement(LoadGenerator generator, Measurement measurement) {
        this.generator = generator;
        this.measurement = measurement;
    }

    IdleSample take(RunningPeer fresh, long pid, int connections, boolean silentStreams)
            throws IOException, InterruptedException {
        measurement.warm(new Shape.Unary(8, 8), fresh.target(), SETTLE);
        measurement.warm(new Shape.Results(2, 1, 16, 1 << 20), fresh.target(), SETTLE);
        OptionalLong heapBefore = JavaHeap.collect(pid);
        Memory before = Memory.of(pid);
        Ledger ledger = new Ledger();
        try (HeldConnections held = generator.hold(fresh.target(), ledger, connections, silentStreams)) {
            OptionalLong heapAfter = JavaHeap.collect(pid);
            CpuReading silent = CpuReading.of(pid);
            Thread.sleep(SETTLE.toMillis());
            double idleMillis = silent.until(CpuReading.of(pid)) / 1e6 / SETTLE.toSeconds();
            Memory after = Memory.of(pid);
            double heap = heapBefore.isPresent() && heapAfter.isPresent()
                    ? (heapAfter.getAsLong() - heapBefore.getAsLong()) / (double) connections
                    : Double.NaN;
            return new IdleSample(
                    fresh.peer().label(),
                    connections,
                    held.countAlive(),
                    (after.pssKib() - before.pssKib()) / (double) connections,
                    heap,
                    after.pssKib() / 1024.0,
                    idleMillis);
        }
    }
}
