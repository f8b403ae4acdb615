/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.load.Ledger;
import io.sparkconnect.bench.load.Load;
import io.sparkconnect.bench.load.LoadGenerator;
import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.load.Target;
import io.sparkconnect.bench.measure.CpuReading;
import io.sparkconnect.bench.measure.MachineReading;
import io.sparkconnect.bench.report.Sample;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * Puts a load on a peer and takes the difference of two snapshots while it goes on at full speed, so that neither its
 * beginning nor its end is counted. Main thread.
 */
final class Measurement {
    private static final Duration RAMP = Duration.ofMillis(300);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration FINISH = Duration.ofSeconds(30);

    /** Clients and servers come first among the readings. */
    private static final int OWN_PROCESSES = 2;

    private final LoadGenerator generator;
    private final long serversPid;

    Measurement(LoadGenerator generator, long serversPid) {
        this.generator = generator;
        this.serversPid = serversPid;
    }

    private record Snapshot(long nanoTime, long calls, long bytes, List<CpuReading> cpu, MachineReading machine) {}

    /** Lets the load run without looking at it. */
    void warm(Shape shape, Target target, Duration time) throws InterruptedException {
        warm(shape, target, time, Long.MAX_VALUE);
    }

    /** The same until the calls are done: on a busy machine a JVM is not warm after seconds but after work. */
    void warm(Shape shape, Target target, Duration atMost, long calls) throws InterruptedException {
        Ledger ledger = new Ledger();
        Load load = generator.start(shape, target, ledger);
        long deadline = System.nanoTime() + atMost.toNanos();
        boolean ended = false;
        while (!ended && ledger.calls() < calls && System.nanoTime() - deadline < 0) {
            ended = await(load.ended(), LOOK);
        }
        load.stop();
        if (!await(load.ended(), FINISH)) {
            throw new IllegalStateException(
                    "calls of " + shape + " to " + target + " still unanswered after " + FINISH.toSeconds() + " s");
        }
    }

    /** {@code peerPid}: empty for no proxy, which costs nothing. */
    Sample take(String peer, int round, Shape shape, Target target, OptionalLong peerPid, Duration time)
            throws IOException, InterruptedException {
        Ledger ledger = new Ledger();
        boolean counted = shape instanceof Shape.Connects;
        Snapshot before = counted ? snapshot(ledger, peerPid) : null;
        Load load = generator.start(shape, target, ledger);
        if (before == null) {
            await(load.ended(), RAMP);
            ledger.takeLatencies();
            ledger.takeSendDelays();
            before = snapshot(ledger, peerPid);
        }
        await(load.ended(), counted ? FINISH : time);
        Snapshot after = snapshot(ledger, peerPid);
        Histogram latencies = ledger.takeLatencies();
        Histogram delays = ledger.takeSendDelays();
        load.stop();
        if (!await(load.ended(), FINISH)) {
            ledger.failUnfinished(FINISH);
        }
        return sample(peer, round, ledger, before, after, latencies, delays);
    }

    private static Sample sample(
            String peer,
            int round,
            Ledger ledger,
            Snapshot before,
            Snapshot after,
            Histogram latencies,
            Histogram delays) {
        long nanos = after.nanoTime - before.nanoTime;
        long peerCpu = 0;
        long loadCpu = 0;
        long peerCompiling = 0;
        for (int i = 0; i < before.cpu.size(); i++) {
            long used = before.cpu.get(i).until(after.cpu.get(i));
            if (i < OWN_PROCESSES) {
                loadCpu += used;
            } else {
                peerCpu += used;
                peerCompiling += before.cpu.get(i).compilingUntil(after.cpu.get(i));
            }
        }
        long others = after.machine.busyNanos() - before.machine.busyNanos() - peerCpu - loadCpu;
        return new Sample(
                peer,
                round,
                after.calls - before.calls,
                after.bytes - before.bytes,
                nanos,
                latencies.getValueAtPercentile(50) / 1e3,
                latencies.getValueAtPercentile(99) / 1e3,
                delays.getValueAtPercentile(99) / 1e3,
                peerCpu,
                peerCompiling,
                loadCpu,
                Math.max(0, others) / (double) nanos,
                ledger.failures(),
                ledger.strays(),
                ledger.firstFailure());
    }

    private Snapshot snapshot(Ledger ledger, OptionalLong peerPid) throws IOException {
        CpuReading self = CpuReading.of(ProcessHandle.current().pid());
        CpuReading servers = CpuReading.of(serversPid);
        List<CpuReading> cpu = peerPid.isPresent()
                ? List.of(self, servers, CpuReading.of(peerPid.getAsLong()))
                : List.of(self, servers);
        return new Snapshot(System.nanoTime(), ledger.calls(), ledger.bytes(), cpu, MachineReading.now());
    }

    /** Whether it ended within the time. */
    private static boolean await(CompletableFuture<Void> ended, Duration time) throws InterruptedException {
        try {
            ended.get(time.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a load never ends with an error", e);
        }
    }
}
