/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.load.Ledger;
import io.sparkconnect.bench.load.LoadGenerator;
import io.sparkconnect.bench.load.Roaming;
import io.sparkconnect.bench.load.Shape;
import io.sparkconnect.bench.load.Target;
import io.sparkconnect.bench.peer.Peer;
import io.sparkconnect.bench.peer.Placement;
import io.sparkconnect.bench.peer.RunningPeer;
import io.sparkconnect.bench.report.IdleSample;
import io.sparkconnect.bench.report.IdleTable;
import io.sparkconnect.bench.report.Sample;
import io.sparkconnect.bench.report.SpeedTable;
import io.sparkconnect.bench.report.WarmUp;
import io.sparkconnect.bench.report.WarmUpTable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One run of the bench: all peers stay up and take turns within each round (A B C A B C …), because the machine is not the
 * same machine a minute later. Main thread.
 */
final class Run implements AutoCloseable {
    private static final int ROAMING_CONNECTIONS = 9;
    private static final int CALLS_PER_SESSION = 3;
    private static final int WARM_CALLS = 50_000;
    private static final int WARM_STREAMS = 20;

    private final Plan plan;
    private final Placement placement;
    private final Path directory;
    private final Report report;
    private final ServerFleet servers;
    private final LoadGenerator generator;
    private final Measurement measurement;
    private final Map<String, RunningPeer> running = new LinkedHashMap<>();

    Run(Plan plan, Placement placement, Path directory, Report report) throws IOException {
        this.plan = plan;
        this.placement = placement;
        this.directory = directory;
        this.report = report;
        this.servers = ServerFleet.start(3, placement, directory);
        this.generator = new LoadGenerator(placement.loadThreads());
        this.measurement = new Measurement(generator, servers.process().pid());
    }

    /** Starts the peers; one that does not start is reported and left out. */
    void startPeers() {
        for (Peer peer : plan.peers()) {
            String missing = peer.missing();
            if (missing != null) {
                report.missing(peer.label(), missing);
                continue;
            }
            try {
                running.put(peer.label(), peer.start(servers.addresses(), placement, directory));
                report.peer(peer.label(), peer.description());
            } catch (IOException e) {
                report.missing(peer.label(), String.valueOf(e.getMessage()));
            }
        }
    }

    /** The clients and servers themselves get warm without a peer, or the first peer would pay for it; then each peer. */
    void warmUp() throws InterruptedException {
        Target direct = new Target(servers.addresses(), false);
        measurement.warm(new Shape.Unary(8, 8), direct, plan.warmUp().multipliedBy(2));
        measurement.warm(new Shape.Results(2, 1, 64, 1 << 20), direct, plan.warmUp());
        measurement.warm(new Shape.Uploads(2, 1, 256, 32 << 10), direct, plan.warmUp());
        for (RunningPeer peer : running.values()) {
            Duration atMost = plan.warmUp().multipliedBy(10);
            measurement.warm(new Shape.Unary(8, 8), peer.target(), atMost, WARM_CALLS);
            measurement.warm(new Shape.Results(2, 1, 64, 1 << 20), peer.target(), atMost, WARM_STREAMS);
            measurement.warm(new Shape.Results(2, 1, 10_000, 4096), peer.target(), atMost, WARM_STREAMS);
            measurement.warm(new Shape.Uploads(2, 1, 256, 32 << 10), peer.target(), atMost, WARM_STREAMS);
        }
    }

    /** Whether every answer of the scenario was right, except where a peer is known not to keep sessions together. */
    void measure(Scenario scenario) throws IOException, InterruptedException {
        if (scenario.shape().isPresent()) {
            measureSpeed(scenario, scenario.shape().get());
        } else if (scenario == Scenario.AFFINITY) {
            measureAffinity();
        } else if (scenario == Scenario.WARM_UP) {
            measureWarmUp();
        } else if (scenario == Scenario.FLAT) {
            measureFlat();
        } else {
            measureIdle(scenario);
        }
    }

    private void measureSpeed(Scenario scenario, Shape shape) throws IOException, InterruptedException {
        for (RunningPeer peer : running.values()) {
            measurement.warm(shape, peer.target(), plan.warmUp());
        }
        List<Sample> samples = new ArrayList<>();
        for (int round = 1; round <= plan.rounds(); round++) {
            for (RunningPeer peer : running.values()) {
                Sample sample =
                        measurement.take(peer.peer().label(), round, shape, peer.target(), pid(peer), plan.duration());
                samples.add(sample);
                report.progress(scenario, sample);
            }
        }
        SpeedTable table = new SpeedTable(
                scenario.unit(), scenario.isAtFixedRate(), io.sparkconnect.bench.peer.Peers.REFERENCE, samples);
        report.scenario(scenario, table.markdown(), samples);
    }

    private void measureIdle(Scenario scenario) throws IOException, InterruptedException {
        IdleMeasurement idle = new IdleMeasurement(generator, measurement);
        List<IdleSample> samples = new ArrayList<>();
        for (int round = 1; round <= Math.min(plan.rounds(), 3); round++) {
            for (RunningPeer peer : running.values()) {
                if (peer.process() == null) {
                    continue;
                }
                try (RunningPeer fresh = peer.peer().start(servers.addresses(), placement, directory)) {
                    long pid = pid(fresh).orElseThrow();
                    samples.add(idle.take(fresh, pid, plan.idleConnections(), scenario == Scenario.IDLE_STREAMS));
                }
            }
        }
        report.scenario(scenario, IdleTable.markdown(samples), List.of());
    }

    private void measureWarmUp() throws IOException, InterruptedException {
        WarmUpMeasurement warmUp = new WarmUpMeasurement(generator);
        List<WarmUp> samples = new ArrayList<>();
        for (int round = 1; round <= Math.min(plan.rounds(), 3); round++) {
            for (RunningPeer peer : running.values()) {
                if (peer.process() == null) {
                    continue;
                }
                try (RunningPeer fresh = peer.peer().start(servers.addresses(), placement, directory)) {
                    samples.add(warmUp.take(
                            fresh, pid(fresh).orElseThrow(), plan.duration().multipliedBy(5)));
                }
            }
        }
        report.scenario(Scenario.WARM_UP, WarmUpTable.markdown(samples), List.of());
    }

    /** Only for our own proxy and its variants: what others keep of servers and sessions is theirs to tell. */
    private void measureFlat() throws IOException, InterruptedException {
        FlatMeasurement flat = new FlatMeasurement(generator, placement, directory);
        StringBuilder tables = new StringBuilder();
        List<Sample> samples = new ArrayList<>();
        for (RunningPeer peer : running.values()) {
            if (peer.peer().remembersSessions()) {
                FlatMeasurement.Outcome outcome =
                        flat.take(peer.peer(), plan.flatSessions(), plan.rounds(), plan.duration());
                tables.append(outcome.markdown());
                samples.addAll(outcome.samples());
            }
        }
        report.scenario(Scenario.FLAT, tables.toString(), samples);
    }

    private void measureAffinity() {
        StringBuilder table = new StringBuilder();
        table.append("| peer | sessions broken | sessions per server | failed calls |\n| --- | --- | --- | --- |\n");
        for (RunningPeer peer : running.values()) {
            if (peer.process() == null) {
                continue;
            }
            Ledger ledger = new Ledger();
            Roaming.Outcome outcome = generator.roam(
                    peer.target(), ledger, ROAMING_CONNECTIONS, plan.roamingSessions(), CALLS_PER_SESSION);
            table.append("| %s | %d of %d | %s | %d%s |%n"
                    .formatted(
                            peer.peer().label(),
                            outcome.brokenSessions(),
                            outcome.sessions(),
                            outcome.sessionsPerServer(),
                            ledger.failures(),
                            ledger.firstFailure() == null ? "" : ", " + ledger.firstFailure()));
        }
        report.scenario(Scenario.AFFINITY, table.toString(), List.of());
    }

    private static OptionalLong pid(RunningPeer peer) {
        return peer.process() == null
                ? OptionalLong.empty()
                : OptionalLong.of(peer.process().pid());
    }

    @Override
    public void close() {
        generator.close();
        running.values().forEach(RunningPeer::close);
        servers.close();
    }

    /** What is to be run. */
    record Plan(
            List<Peer> peers,
            int rounds,
            Duration warmUp,
            Duration duration,
            int idleConnections,
            int roamingSessions,
            int flatSessions) {}
}
