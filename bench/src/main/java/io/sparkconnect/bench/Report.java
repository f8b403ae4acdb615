/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import io.sparkconnect.bench.report.Sample;
import io.sparkconnect.bench.report.Spread;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the run has to say: on the terminal while it goes on, and as files when it is over or interrupted. Main thread. */
final class Report {
    private final PrintStream out;
    private final Path markdown;
    private final Path csv;
    private final List<String> head = new ArrayList<>();
    private final List<String> peers = new ArrayList<>();
    private final List<String> tables = new ArrayList<>();
    private final List<String> rows = new ArrayList<>();
    private final List<Double> othersCores = new ArrayList<>();

    Report(PrintStream out, Path directory) {
        this.out = out;
        this.markdown = directory.resolve("report.md");
        this.csv = directory.resolve("samples.csv");
        rows.add(
                "scenario,peer,round,calls,bytes,nanos,p50_us,p99_us,sent_late_p99_us,peer_cpu_ns,peer_jit_ns,load_cpu_ns,"
                        + "others_cores,failures,strays");
    }

    void head(String line) {
        out.println(line);
        head.add(line);
    }

    void peer(String label, String description) {
        out.println("  " + label + ": " + description);
        peers.add("| " + label + " | " + description + " |");
    }

    void missing(String label, String why) {
        out.println("  MISSING " + label + ": " + why);
        peers.add("| " + label + " | **missing**: " + why.replace("\n", " ") + " |");
    }

    void progress(Scenario scenario, Sample sample) {
        out.printf(
                Locale.ROOT,
                "  %-12s round %d %-16s %8d calls %6d MB  p50 %.0f µs  p99 %.0f µs  proxy CPU %.2f s in %.2f s  others %.1f cores%s%n",
                scenario.label(),
                sample.round(),
                sample.peer(),
                sample.calls(),
                sample.bytes() / 1_000_000,
                sample.p50(),
                sample.p99(),
                sample.peerCpu() / 1e9,
                sample.nanos() / 1e9,
                sample.othersCores(),
                sample.isGood()
                        ? ""
                        : "  WRONG: " + sample.failures() + " failed, " + sample.strays() + " strayed, "
                                + sample.firstFailure());
    }

    void scenario(Scenario scenario, String table, List<Sample> samples) {
        out.println();
        out.println(scenario.label() + ": " + scenario.description());
        out.println(table);
        tables.add("### " + scenario.label() + "\n\n" + scenario.description() + "\n\n" + table);
        for (Sample sample : samples) {
            othersCores.add(sample.othersCores());
            rows.add(String.format(
                    Locale.ROOT,
                    "%s,%s,%d,%d,%d,%d,%.1f,%.1f,%.1f,%d,%d,%d,%.2f,%d,%d",
                    scenario.label(),
                    sample.peer(),
                    sample.round(),
                    sample.calls(),
                    sample.bytes(),
                    sample.nanos(),
                    sample.p50(),
                    sample.p99(),
                    sample.sentLateP99(),
                    sample.peerCpu(),
                    sample.peerCompiling(),
                    sample.loadCpu(),
                    sample.othersCores(),
                    sample.failures(),
                    sample.strays()));
        }
        write();
    }

    /** After each scenario, so that an interrupted run keeps what it has. */
    private void write() {
        StringBuilder text = new StringBuilder();
        head.forEach(line -> text.append(line).append("  \n"));
        if (!othersCores.isEmpty()) {
            Spread others = Spread.of(othersCores);
            text.append(String.format(
                    Locale.ROOT,
                    "CPU that others used meanwhile, in cores: median %.2f (%.2f–%.2f)%n",
                    others.median(),
                    others.min(),
                    others.max()));
        }
        text.append("\n| peer | what |\n| --- | --- |\n");
        peers.forEach(line -> text.append(line).append('\n'));
        tables.forEach(table -> text.append('\n').append(table));
        try {
            Files.writeString(markdown, text);
            Files.write(csv, rows);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the report to " + markdown, e);
        }
    }

    void end() {
        out.println("written: " + markdown + ", " + csv);
    }
}
