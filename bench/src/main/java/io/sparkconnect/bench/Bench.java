/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.measure.MachineDescription;
import io.sparkconnect.bench.peer.Peer;
import io.sparkconnect.bench.peer.Peers;
import io.sparkconnect.bench.peer.Placement;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the bench. */
@Command(
        name = "bench.sh",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures what a proxy in front of Spark Connect servers costs: ours, HAProxy, Envoy, none.",
        footer = {"", "Traffic stays on loopback. A full run takes about a quarter of an hour, --quick two minutes."})
public final class Bench implements Callable<Integer> {
    @Option(names = "--rounds", paramLabel = "N", description = "rounds per scenario (default: 5; with --quick 1)")
    private int rounds;

    @Option(names = "--scenarios", split = ",", description = "which, in this order (default: all)")
    private List<String> scenarios = new ArrayList<>();

    @Option(
            names = "--peers",
            split = ",",
            description = "which, in this order (default: direct,haproxy-tcp,haproxy-h2-body,envoy,proxy)")
    private List<String> peers = new ArrayList<>();

    @Option(names = "--quick", description = "one short round: does it work at all?")
    private boolean quick;

    @Option(
            names = "--pin",
            paramLabel = "HOW",
            defaultValue = "split",
            description = "split: the peer alone on the first CPU(s), clients and servers on the others;"
                    + " shared: all use all (default: ${DEFAULT-VALUE})")
    private String pin = "split";

    @Option(names = "--peer-cpus", paramLabel = "N", defaultValue = "1", description = "CPUs of the peer when split")
    private int peerCpus;

    @Option(names = "--seconds", paramLabel = "S", description = "length of a measurement (default: 3; quick: 1)")
    private int seconds;

    @Option(names = "--warm-up", paramLabel = "S", description = "per peer and scenario (default: 3; quick: 1)")
    private int warmUp;

    @Option(
            names = "--proxy-opts",
            paramLabel = "OPTIONS",
            description = "JVM options of our proxy behind those of conf/proxy-env.sh, blank-separated",
            defaultValue = "")
    private String proxyOptions = "";

    @Option(
            names = "--proxy-args",
            paramLabel = "ARGS",
            description = "further arguments of our proxy",
            defaultValue = "")
    private String proxyArguments = "";

    @Option(
            names = "--variant",
            paramLabel = "NAME=OPTIONS",
            description =
                    "our proxy once more as peer NAME, with more JVM options, settings (-Dsparkconnect.…) or another build"
                            + " (jar=FILE); repeatable")
    private Map<String, String> variants = Map.of();

    @Option(names = "--root", hidden = true, defaultValue = ".")
    private Path root = Path.of(".");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Scenario> chosen = chosenScenarios();
        List<Peer> players = chosenPeers();
        Placement placement = placement();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Path directory = root.resolve(".build/bench")
                .resolve(LocalDateTime.now(ZoneId.systemDefault())
                        .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")));
        Files.createDirectories(directory);

        Report report = new Report(out, directory);
        report.head("Machine: " + MachineDescription.text());
        pinThisProcess(placement);
        report.head("Placement: " + placement);
        Run.Plan plan = new Run.Plan(
                players,
                positive(rounds, quick ? 1 : 5),
                Duration.ofSeconds(positive(warmUp, quick ? 1 : 3)),
                Duration.ofSeconds(positive(seconds, quick ? 1 : 3)),
                quick ? 200 : 1000,
                quick ? 60 : 600,
                quick ? 1_000 : 100_000);
        report.head("Rounds: " + plan.rounds() + " of " + plan.duration().toSeconds() + " s per peer, interleaved; "
                + plan.warmUp().toSeconds() + " s of warm-up per peer and scenario");
        try (Run run = new Run(plan, placement, directory, report)) {
            run.startPeers();
            run.warmUp();
            for (Scenario scenario : chosen) {
                run.measure(scenario);
            }
        }
        report.end();
        return 0;
    }

    private List<Scenario> chosenScenarios() {
        if (scenarios.isEmpty()) {
            return List.of(Scenario.values());
        }
        return scenarios.stream()
                .map(label -> Scenario.find(label)
                        .orElseThrow(() -> usage("--scenarios: " + label + " (expected: "
                                + Arrays.stream(Scenario.values())
                                        .map(Scenario::label)
                                        .collect(Collectors.joining(", "))
                                + ")")))
                .toList();
    }

    private List<Peer> chosenPeers() {
        Peers all = new Peers(root, words(proxyOptions), words(proxyArguments));
        variants.forEach((label, options) -> all.addVariant(label, words(options)));
        List<String> names = new ArrayList<>(peers.isEmpty() ? Peers.DEFAULT : peers);
        if (peers.isEmpty()) {
            names.addAll(variants.keySet());
        }
        List<Peer> chosen = new ArrayList<>();
        for (String name : names) {
            Peer peer = all.find(name);
            if (peer == null) {
                throw usage("--peers: " + name + " (expected: " + String.join(", ", all.names()) + ")");
            }
            chosen.add(peer);
        }
        return chosen;
    }

    private Placement placement() throws IOException {
        List<Integer> cpus = MachineDescription.cpus();
        if (pin.equals("shared") || cpus.size() == 1) {
            return Placement.shared(cpus);
        }
        if (!pin.equals("split")) {
            throw usage("--pin: " + pin + " (expected: split or shared)");
        }
        try {
            return Placement.split(cpus, peerCpus);
        } catch (IllegalArgumentException e) {
            throw usage("--peer-cpus: " + e.getMessage());
        }
    }

    private static void pinThisProcess(Placement placement) throws IOException, InterruptedException {
        String pid = String.valueOf(ProcessHandle.current().pid());
        Process pinning = new ProcessBuilder("taskset", "-apc", Placement.list(placement.loadCpus()), pid)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (pinning.waitFor() != 0) {
            throw new IOException("taskset (package util-linux) cannot pin this process to CPU "
                    + Placement.list(placement.loadCpus()));
        }
    }

    private int positive(int given, int otherwise) {
        if (given < 0) {
            throw usage("--rounds, --seconds, --warm-up: " + given + " (expected: at least 1)");
        }
        return given == 0 ? otherwise : given;
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.trim().split("\\s+", -1));
    }

    private CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
