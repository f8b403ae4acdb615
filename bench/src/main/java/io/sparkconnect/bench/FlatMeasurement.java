/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.load.LoadGenerator;
import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.measure.Memory;
import io.sparkconnect.bench.peer.Peer;
import io.sparkconnect.bench.peer.Placement;
import io.sparkconnect.bench.peer.RunningPeer;
import io.sparkconnect.bench.report.Sample;
import io.sparkconnect.bench.report.SpeedTable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Whether a proxy costs more the more servers it knows and the more sessions it remembers: the same load through fresh
 * processes that differ in nothing else, in turns. The load has eight sessions, which three servers share and eight or more
 * do not: the step from three to eight is the price of more connections, the one from eight to many that of a longer list.
 * Main thread.
 */
final class FlatMeasurement {
    private static final int MANY_SERVERS = 200;
    private static final int WARM_CALLS = 100_000;
    private static final Duration WARM_AT_MOST = Duration.ofSeconds(10);
    private static final Duration FILL_AT_MOST = Duration.ofSeconds(60);
    private static final Shape LOAD = new Shape.Unary(8, 8);

    private final LoadGenerator generator;
    private final Placement placement;
    private final Path directory;

    FlatMeasurement(LoadGenerator generator, Placement placement, Path directory) {
        this.generator = generator;
        this.placement = placement;
        this.directory = directory;
    }

    private record Case(String label, int servers, int sessions) {}

    private record Running(Case variant, RunningPeer peer) {
        long pid() {
            return java.util.Objects.requireNonNull(peer.process()).pid();
        }
    }

    /** What was measured, and the tables of it. */
    record Outcome(List<Sample> samples, String markdown) {}

    Outcome take(Peer peer, int sessions, int rounds, Duration duration) throws IOException, InterruptedException {
        List<Case> cases = List.of(
                new Case(peer.label() + ", 3 servers", 3, 0),
                new Case(peer.label() + ", 8 servers", 8, 0),
                new Case(peer.label() + ", " + MANY_SERVERS + " servers", MANY_SERVERS, 0),
                new Case(
                        String.format(Locale.ROOT, "%s, 3 servers, %,d sessions", peer.label(), sessions),
                        3,
                        sessions));
        List<Running> running = new ArrayList<>();
        try (ServerFleet fleet = ServerFleet.start(MANY_SERVERS, placement, directory)) {
            Measurement measurement = new Measurement(generator, fleet.process().pid());
            for (Case variant : cases) {
                running.add(start(peer, variant, fleet, measurement));
            }
            return measure(running, measurement, rounds, duration);
        } finally {
            running.forEach(one -> one.peer().close());
        }
    }

    private Running start(Peer peer, Case variant, ServerFleet fleet, Measurement measurement)
            throws IOException, InterruptedException {
        RunningPeer started = peer.start(fleet.addresses().subList(0, variant.servers()), placement, directory);
        measurement.warm(LOAD, started.target(), WARM_AT_MOST, WARM_CALLS);
        if (variant.sessions() > 0) {
            measurement.warm(new Shape.Sessions(8, variant.sessions()), started.target(), FILL_AT_MOST);
        }
        return new Running(variant, started);
    }

    private static Outcome measure(List<Running> running, Measurement measurement, int rounds, Duration duration)
            throws IOException, InterruptedException {
        List<Sample> samples = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            for (Running one : running) {
                samples.add(measurement.take(
                        one.variant().label(), round, LOAD, one.peer().target(), OptionalLong.of(one.pid()), duration));
            }
        }
        StringBuilder memory = new StringBuilder("\n| process | PSS MiB |\n| --- | --- |\n");
        for (Running one : running) {
            memory.append(String.format(
                    Locale.ROOT,
                    "| %s | %.0f |%n",
                    one.variant().label(),
                    Memory.of(one.pid()).pssKib() / 1024.0));
        }
        String reference = running.get(0).variant().label();
        SpeedTable table = new SpeedTable(SpeedTable.Unit.CALLS, false, reference, samples);
        return new Outcome(samples, table.markdown() + memory);
    }
}
