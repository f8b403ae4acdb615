/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The table of a scenario with idle connections; medians, and the range of what counts. */
public final class IdleTable {
    private IdleTable() {}

    public static String markdown(List<IdleSample> samples) {
        StringBuilder out = new StringBuilder();
        out.append(
                "| peer | alive | KiB/connection, PSS (min–max) | of it live heap | process PSS MiB | idle CPU ms/s |\n");
        out.append("| --- | --- | --- | --- | --- | --- |\n");
        Set<String> peers = new LinkedHashSet<>();
        samples.forEach(sample -> peers.add(sample.peer()));
        for (String peer : peers) {
            List<IdleSample> mine = samples.stream()
                    .filter(sample -> sample.peer().equals(peer))
                    .toList();
            Spread perConnection = spread(mine, IdleSample::pssPerConnection);
            double heap = spread(mine, IdleSample::heapPerConnection).median();
            int alive = mine.stream().mapToInt(IdleSample::alive).min().orElse(0);
            out.append(String.format(
                    Locale.ROOT,
                    "| %s | %d of %d | %.1f (%.1f–%.1f) | %s | %.0f | %.1f |%n",
                    peer,
                    alive,
                    mine.get(0).connections(),
                    perConnection.median(),
                    perConnection.min(),
                    perConnection.max(),
                    Double.isNaN(heap) ? "–" : String.format(Locale.ROOT, "%.1f", heap),
                    spread(mine, IdleSample::pssMib).median(),
                    spread(mine, IdleSample::idleCpu).median()));
        }
        return out.toString();
    }

    private static Spread spread(List<IdleSample> samples, ToDoubleFunction<IdleSample> figure) {
        return Spread.of(samples.stream().map(figure::applyAsDouble).toList());
    }
}
