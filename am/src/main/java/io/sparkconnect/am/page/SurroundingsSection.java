/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.Html.cells;

import io.sparkconnect.am.core.QueueView;
import io.sparkconnect.am.core.SurroundingsView;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The queues that the service lives in, and the cluster's nodes. */
final class SurroundingsSection {
    private SurroundingsSection() {}

    /** @param spreading how servers are spread, to continue "Servers are"; null when that is not known */
    static void show(Html page, SurroundingsView surroundings, @Nullable String spreading) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (QueueView queue : surroundings.queues()) {
            new TreeMap<>(queue.partitions())
                    .forEach((label, share) -> rows.add(cells(
                            queue.name(),
                            label.isEmpty() ? null : label,
                            share.guaranteedMiB(),
                            share.maximumMiB(),
                            // The scheduler tells what is allocated on nodes without a label only.
                            label.isEmpty() ? queue.allocatedMiB() : null)));
        }
        if (rows.isEmpty() && surroundings.nodes().isEmpty()) {
            return;
        }
        page.heading(2, "Queues and nodes")
                .table(List.of("Queue", "Node label", "Guaranteed MiB", "At most MiB", "In use MiB"), rows)
                .paragraph("Nodes: "
                        + new TreeMap<>(surroundings.nodes())
                                .entrySet().stream()
                                        .map(nodes -> nodes.getValue() + " " + nodes.getKey())
                                        .collect(Collectors.joining(", ")));
        if (spreading != null) {
            page.paragraph("Servers are " + spreading);
        }
        if (!surroundings.avoidedNodes().isEmpty()) {
            page.paragraph("Avoided for a while, since servers failed there again and again: "
                    + String.join(", ", new TreeSet<>(surroundings.avoidedNodes())));
        }
    }
}
