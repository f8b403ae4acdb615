/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The table of fresh processes getting warm; medians, and the range of what counts. */
public final class WarmUpTable {
    private WarmUpTable() {}

    public static String markdown(List<WarmUp> samples) {
        StringBuilder out = new StringBuilder();
        out.append("| peer | µs/RPC at first | µs/RPC settled | seconds until within 20 % (min–max) | RPCs until then"
                + " | CPU s until then |\n");
        out.append("| --- | --- | --- | --- | --- | --- |\n");
        Set<String> peers = new LinkedHashSet<>();
        samples.forEach(sample -> peers.add(sample.peer()));
        for (String peer : peers) {
            List<WarmUp> mine = samples.stream()
                    .filter(sample -> sample.peer().equals(peer))
                    .toList();
            Spread seconds = spread(mine, WarmUp::seconds);
            out.append(String.format(
                    Locale.ROOT,
                    "| %s | %.1f | %.1f | %.1f (%.1f–%.1f) | %.0f | %.1f |%n",
                    peer,
                    spread(mine, WarmUp::firstMicros).median(),
                    spread(mine, WarmUp::settledMicros).median(),
                    seconds.median(),
                    seconds.min(),
                    seconds.max(),
                    spread(mine, WarmUp::calls).median(),
                    spread(mine, WarmUp::cpuSeconds).median()));
        }
        return out.toString();
    }

    private static Spread spread(List<WarmUp> samples, ToDoubleFunction<WarmUp> figure) {
        return Spread.of(samples.stream().map(figure::applyAsDouble).toList());
    }
}
