/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.load.Ledger;
import io.sparkconnect.bench.load.Load;
import io.sparkconnect.bench.load.LoadGenerator;
import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.measure.CpuReading;
import io.sparkconnect.bench.peer.RunningPeer;
import io.sparkconnect.bench.report.WarmUp;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a fresh process under full load at once, and looks at what a call costs from one quarter of a second to the next. What
 * the process used before it listened is not counted. Main thread.
 */
final class WarmUpMeasurement {
    private static final Duration WINDOW = Duration.ofMillis(250);

    private final LoadGenerator generator;

    WarmUpMeasurement(LoadGenerator generator) {
        this.generator = generator;
    }

    WarmUp take(RunningPeer fresh, long pid, Duration time) throws IOException, InterruptedException {
        Ledger ledger = new Ledger();
        Load load = generator.start(new Shape.Unary(8, 8), fresh.target(), ledger);
        List<WarmUp.Window> windows = new ArrayList<>();
        CpuReading cpu = CpuReading.of(pid);
        long calls = 0;
        long at = System.nanoTime();
        for (long left = time.dividedBy(WINDOW); left > 0; left--) {
            Thread.sleep(WINDOW.toMillis());
            CpuReading cpuNow = CpuReading.of(pid);
            long callsNow = ledger.calls();
            long now = System.nanoTime();
            windows.add(new WarmUp.Window((now - at) / 1e9, callsNow - calls, cpu.until(cpuNow)));
            cpu = cpuNow;
            calls = callsNow;
            at = now;
        }
        load.stop();
        load.ended().join();
        if (ledger.failures() > 0) {
            throw new IOException(fresh.peer().label() + ": " + ledger.firstFailure());
        }
        return WarmUp.of(fresh.peer().label(), windows);
    }
}
