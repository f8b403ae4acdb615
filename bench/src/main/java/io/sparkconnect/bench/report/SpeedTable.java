/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * The table of one scenario: medians over the rounds. Ratios are taken within a round first, where both peers met about the
 * same machine, so a ratio need not be the quotient of two medians in the table.
 */
public final class SpeedTable {
    /** What a scenario is counted in. */
    public enum Unit {
        CALLS,
        BYTES
    }

    private final Unit unit;
    private final boolean fixedRate;
    private final String reference;
    private final List<Sample> samples;

    /** {@code fixedRate}: the rate is given, so the table shows what a peer adds to the latency instead. */
    public SpeedTable(Unit unit, boolean fixedRate, String reference, List<Sample> samples) {
        this.unit = unit;
        this.fixedRate = fixedRate;
        this.reference = reference;
        this.samples = List.copyOf(samples);
    }

    public String markdown() {
        boolean calls = unit == Unit.CALLS;
        List<String> head = new ArrayList<>(List.of("peer", calls ? "RPC/s" : "MB/s"));
        if (calls) {
            head.addAll(List.of("p50 µs", "p99 µs"));
        }
        head.add(calls ? "proxy CPU µs/RPC (min–max)" : "proxy CPU s/GB (min–max)");
        head.add("proxy CPU ÷ " + reference + " (min–max)");
        head.add(fixedRate ? "p50 − " + reference + " µs (min–max)" : "rate ÷ direct");
        head.add(calls ? "clients + servers µs/RPC" : "clients + servers s/GB");
        if (fixedRate) {
            head.add("sent late, p99 µs");
        }
        head.add("rounds good");
        StringBuilder out = new StringBuilder();
        row(out, head);
        row(out, head.stream().map(cell -> "---").toList());
        Set<String> peers = new LinkedHashSet<>();
        samples.forEach(sample -> peers.add(sample.peer()));
        peers.forEach(peer -> row(out, cells(peer)));
        return out.toString();
    }

    private List<String> cells(String peer) {
        boolean calls = unit == Unit.CALLS;
        List<String> cells = new ArrayList<>();
        cells.add(peer);
        cells.add(median(peer, calls ? Sample::callsPerSecond : Sample::megabytesPerSecond, 0));
        if (calls) {
            cells.add(median(peer, Sample::p50, 0));
            cells.add(median(peer, Sample::p99, 0));
        }
        ToDoubleFunction<Sample> cost = calls ? Sample::peerMicrosPerCall : Sample::peerSecondsPerGigabyte;
        boolean proxied = of(peer).stream().anyMatch(sample -> sample.peerCpu() > 0 && sample.calls() > 0);
        cells.add(proxied ? spread(figures(peer, cost), calls ? 1 : 3) + compiling(peer) : "–");
        cells.add(proxied ? spread(ratios(peer, reference, cost), 2) : "–");
        if (fixedRate) {
            cells.add(spread(differences(peer, Sample::p50), 0));
        } else {
            cells.add(median(ratios(peer, "direct", calls ? Sample::callsPerSecond : Sample::megabytesPerSecond)));
        }
        cells.add(median(peer, calls ? Sample::loadMicrosPerCall : Sample::loadSecondsPerGigabyte, calls ? 1 : 3));
        if (fixedRate) {
            cells.add(median(peer, Sample::sentLateP99, 0));
        }
        long good = of(peer).stream().filter(Sample::isGood).count();
        cells.add(good + "/" + of(peer).size() + failure(peer));
        return cells;
    }

    /** For a goal or a summary: cost of the peer relative to the reference, within rounds. */
    public Optional<Spread> costRatio(String peer) {
        List<Double> ratios = ratios(
                peer, reference, unit == Unit.CALLS ? Sample::peerMicrosPerCall : Sample::peerSecondsPerGigabyte);
        return ratios.isEmpty() ? Optional.empty() : Optional.of(Spread.of(ratios));
    }

    /** Named when it is more than a trifle: a long-lived proxy does not pay it. */
    private String compiling(String peer) {
        double share = Spread.of(figures(peer, sample -> sample.peerCompiling() / (double) sample.peerCpu()))
                .median();
        return share < 0.02 ? "" : ", JIT " + number(share * 100, 0) + "%";
    }

    private String failure(String peer) {
        long strays = of(peer).stream().mapToLong(Sample::strays).sum();
        String reason = of(peer).stream()
                .map(Sample::firstFailure)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("");
        return (strays > 0 ? ", **" + strays + " answers from a wrong server**" : "")
                + (reason.isEmpty() ? "" : ", **" + reason + "**");
    }

    private List<Sample> of(String peer) {
        return samples.stream().filter(sample -> sample.peer().equals(peer)).toList();
    }

    private List<Double> figures(String peer, ToDoubleFunction<Sample> figure) {
        return of(peer).stream()
                .filter(sample -> sample.calls() > 0)
                .map(figure::applyAsDouble)
                .toList();
    }

    private List<Double> ratios(String peer, String other, ToDoubleFunction<Sample> figure) {
        return pairs(peer, other).stream()
                .map(pair -> figure.applyAsDouble(pair.get(0)) / figure.applyAsDouble(pair.get(1)))
                .filter(Double::isFinite)
                .toList();
    }

    private List<Double> differences(String peer, ToDoubleFunction<Sample> figure) {
        return pairs(peer, reference).stream()
                .map(pair -> figure.applyAsDouble(pair.get(0)) - figure.applyAsDouble(pair.get(1)))
                .toList();
    }

    private List<List<Sample>> pairs(String peer, String other) {
        List<List<Sample>> pairs = new ArrayList<>();
        for (Sample mine : of(peer)) {
            for (Sample theirs : of(other)) {
                if (mine.round() == theirs.round() && mine.calls() > 0 && theirs.calls() > 0) {
                    pairs.add(List.of(mine, theirs));
                }
            }
        }
        return pairs;
    }

    private String median(String peer, ToDoubleFunction<Sample> figure, int digits) {
        List<Double> figures = figures(peer, figure);
        return figures.isEmpty() ? "–" : number(Spread.of(figures).median(), digits);
    }

    private static String median(List<Double> figures) {
        return figures.isEmpty() ? "–" : number(Spread.of(figures).median(), 2);
    }

    private static String spread(List<Double> figures, int digits) {
        if (figures.isEmpty()) {
            return "–";
        }
        Spread spread = Spread.of(figures);
        return number(spread.median(), digits) + " (" + number(spread.min(), digits) + "–"
                + number(spread.max(), digits) + ")";
    }

    private static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private static void row(StringBuilder out, List<String> cells) {
        out.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
}
