/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Events for people and for scripts. */
record EventList(List<ServiceEvent> events, long nowMs) implements Answer {
    @Override
    public String text(boolean wide, boolean headers) {
        TextTable table = new TextTable(headers, "AGO", "KIND", "SUBJECT", "WHAT");
        for (ServiceEvent event : events) {
            table.row(
                    InWords.age(Duration.ofMillis(nowMs - event.atMs())),
                    event.kind(),
                    event.subject().isEmpty() ? "-" : event.subject(),
                    InWords.oneLine(event.text(), wide ? 2000 : 200));
            event.details(wide).forEach(line -> table.row("", "", "", "  " + line));
        }
        return table.toString();
    }

    @Override
    public List<String> names() {
        return events.stream()
                .map(event ->
                        event.death() == null ? event.subject() : event.death().serverId())
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
    }

    @Override
    public Object records() {
        List<Object> all = new ArrayList<>();
        for (ServiceEvent event : events) {
            Map<String, Object> record = new LinkedHashMap<>();
            record.put("atMs", event.atMs());
            record.put("kind", event.kind());
            record.put("subject", event.subject());
            record.put("text", event.text());
            if (event.death() != null) {
                record.put("death", event.death());
            }
            all.add(record);
        }
        return all;
    }
}
