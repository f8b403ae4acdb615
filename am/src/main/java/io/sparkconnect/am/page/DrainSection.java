/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.Html.cells;
import static io.sparkconnect.am.page.PageTime.age;

import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.SlotStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What operators have drained, and what is left on it. */
final class DrainSection {
    private DrainSection() {}

    static void show(Html page, Outlook outlook, long nowMs) {
        Orders orders = outlook.spec().ordersOrNone();
        List<List<@Nullable Object>> rows = new ArrayList<>();
        new TreeMap<>(orders.drainedNodes())
                .forEach((node, order) -> rows.add(
                        row("node " + node, order, slotsOn(outlook.live().slots(), node), nowMs)));
        for (SlotStatus slot : outlook.live().slots()) {
            String server = slot.serverId();
            DrainOrder order = server == null ? null : orders.drainedServers().get(server);
            if (order != null) {
                rows.add(row("server " + server, order, inWords(slot), nowMs));
            }
        }
        if (!rows.isEmpty()) {
            page.heading(2, "Drained by operators")
                    .table(List.of("What", "By", "Since", "Sessions may go on for", "Still there"), rows);
        }
    }

    private static List<@Nullable Object> row(String what, DrainOrder order, String left, long nowMs) {
        return cells(what, order.by(), age(nowMs - order.askedAtMs()), age(order.withinMs()), left);
    }

    private static String slotsOn(List<SlotStatus> slots, String node) {
        return slots.stream()
                .filter(slot -> node.equals(slot.node()))
                .map(DrainSection::inWords)
                .collect(Collectors.joining(", "));
    }

    private static String inWords(SlotStatus slot) {
        return slot.slot() + " " + slot.state() + (slot.sessions() > 0 ? " with " + slot.sessions() + " sessions" : "");
    }
}
