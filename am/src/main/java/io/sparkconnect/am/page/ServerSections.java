/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.Html.cells;
import static io.sparkconnect.am.page.PageTime.age;

import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The servers: those that somebody may have to look after, and the others. */
final class ServerSections {
    private static final List<String> COLUMNS = List.of(
            "Slot", "State", "For", "Address", "Node", "Sessions", "Heap", "Restarts", "Spark application", "Logs");
    /** Longer lists are folded. */
    private static final int SHOWN_AT_ONCE = 20;

    private ServerSections() {}

    static void notReady(Html page, ServiceStatus status, long nowMs) {
        List<SlotStatus> slots = status.slots().stream()
                .filter(slot -> slot.state() != SlotState.READY)
                .toList();
        if (slots.isEmpty()) {
            return;
        }
        page.heading(2, "Servers that are not ready: " + slots.size());
        if (slots.size() <= SHOWN_AT_ONCE) {
            notReadyTable(page, slots, nowMs);
        } else {
            String shared = sharedReason(slots);
            if (shared != null) {
                page.paragraph("All of them: " + shared);
            }
            notReadyTable(page, slots.subList(0, SHOWN_AT_ONCE), nowMs);
            page.folded(
                    (slots.size() - SHOWN_AT_ONCE) + " more",
                    false,
                    rest -> notReadyTable(rest, slots.subList(SHOWN_AT_ONCE, slots.size()), nowMs));
        }
    }

    static void ready(Html page, ServiceStatus status, long nowMs) {
        List<SlotStatus> slots = status.slots().stream()
                .filter(slot -> slot.state() == SlotState.READY)
                .toList();
        if (!slots.isEmpty()) {
            page.folded(
                    "Servers that are ready: " + slots.size(),
                    slots.size() <= SHOWN_AT_ONCE,
                    table -> table.table(
                            COLUMNS,
                            slots.stream().map(slot -> row(slot, nowMs)).toList()));
        }
    }

    /** Of servers that are not there the reason matters more than their load. */
    private static void notReadyTable(Html page, List<SlotStatus> slots, long nowMs) {
        page.table(
                List.of("Slot", "State", "For", "Reason", "Node", "Sessions", "Restarts", "Spark application", "Logs"),
                slots.stream().map(slot -> notReadyRow(slot, nowMs)).toList());
    }

    private static List<@Nullable Object> notReadyRow(SlotStatus slot, long nowMs) {
        return cells(
                slot.slot(),
                Html.coloured(slot.state()),
                age(nowMs - slot.sinceMs()),
                slot.reason() == null ? "" : slot.reason(),
                slot.node(),
                slot.sessions() < 0 ? null : slot.sessions(),
                slot.restarts(),
                slot.childApplicationId(),
                log(slot));
    }

    private static List<@Nullable Object> row(SlotStatus slot, long nowMs) {
        return cells(
                slot.slot(),
                Html.coloured(slot.state()),
                age(nowMs - slot.sinceMs()),
                slot.address(),
                slot.node(),
                slot.sessions() < 0 ? null : slot.sessions(),
                heap(slot),
                slot.restarts(),
                slot.childApplicationId(),
                log(slot));
    }

    /** Null when they have several. */
    private static @Nullable String sharedReason(List<SlotStatus> slots) {
        String first = slots.get(0).reason();
        return slots.stream().allMatch(slot -> Objects.equals(slot.reason(), first)) ? first : null;
    }

    private static @Nullable Object log(SlotStatus slot) {
        String server = slot.serverId();
        return server == null ? null : Html.link(slot.logUrl(), server);
    }

    private static @Nullable String heap(SlotStatus slot) {
        return slot.heapMaxBytes() <= 0
                ? null
                : (slot.heapUsedBytes() >> 20) + " of " + (slot.heapMaxBytes() >> 20) + " MiB";
    }
}
