/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.Html.cells;
import static io.sparkconnect.am.page.PageTime.age;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Servers that are gone, the last ones first: why, what to change, and where their logs are. */
final class DeathSection {
    private static final List<String> COLUMNS =
            List.of("Ago", "Slot", "Node", "Why", "Exit", "What to do", "Last words", "Logs");
    private static final int SHOWN_AT_ONCE = 12;

    private DeathSection() {}

    static void show(Html page, Collection<DeathCertificate> deaths, long nowMs) {
        List<DeathCertificate> newestFirst = deaths.stream()
                .filter(death -> !death.cause().isWished())
                .sorted(Comparator.comparingLong(DeathCertificate::diedAtMs)
                        .reversed()
                        .thenComparing(DeathCertificate::serverId))
                .toList();
        int wished = deaths.size() - newestFirst.size();
        if (deaths.isEmpty()) {
            return;
        }
        page.heading(2, "Servers lost: " + newestFirst.size());
        if (!newestFirst.isEmpty()) {
            page.paragraph(byCause(newestFirst));
        }
        if (wished > 0) {
            page.small("Not counted: " + wished + " that operators or the pool's size had stopped");
        }
        table(page, newestFirst.subList(0, Math.min(SHOWN_AT_ONCE, newestFirst.size())), nowMs);
        if (newestFirst.size() > SHOWN_AT_ONCE) {
            page.folded(
                    (newestFirst.size() - SHOWN_AT_ONCE) + " earlier ones",
                    false,
                    rest -> table(rest, newestFirst.subList(SHOWN_AT_ONCE, newestFirst.size()), nowMs));
        }
    }

    /** The most frequent cause first. */
    private static String byCause(List<DeathCertificate> deaths) {
        Map<DeathCause, Long> counts =
                deaths.stream().collect(Collectors.groupingBy(DeathCertificate::cause, Collectors.counting()));
        return counts.entrySet().stream()
                .sorted(Map.Entry.<DeathCause, Long>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(cause -> cause.getValue() + " × " + cause.getKey().inWords())
                .collect(Collectors.joining("; "));
    }

    private static void table(Html page, List<DeathCertificate> deaths, long nowMs) {
        page.table(COLUMNS, deaths.stream().map(death -> row(death, nowMs)).toList());
    }

    private static List<@Nullable Object> row(DeathCertificate death, long nowMs) {
        List<String> lines = death.lastLines();
        return cells(
                age(nowMs - death.diedAtMs()),
                death.slot(),
                death.node(),
                death.cause().inWords(),
                death.exitStatus(),
                death.remedy() == null ? "" : death.remedy(),
                lines.isEmpty() ? death.diagnostics() : lines.get(lines.size() - 1),
                Html.link(death.logUrl(), death.serverId()));
    }
}
