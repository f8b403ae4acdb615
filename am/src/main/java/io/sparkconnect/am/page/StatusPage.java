/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotStatus;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The status as a page. Everything that comes from elsewhere is escaped. */
final class StatusPage {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final String STYLE = "body{font:14px/1.45 system-ui,sans-serif;margin:2rem;color:#222}"
            + "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
            + "th,td{padding:.25rem .8rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}"
            + "th{font-weight:600;color:#555}h1{font-size:1.4rem}h2{font-size:1.05rem}"
            + ".READY{color:#0a7a2f}.DEGRADED,.BACKOFF{color:#b00020}.STARTING,.DRAINING,.STOPPING{color:#9a6700}"
            + "small{color:#777}";

    private StatusPage() {}

    static String of(String service, @Nullable ServiceStatus status, long nowMs) {
        StringBuilder page = new StringBuilder();
        page.append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(escape(service))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body><h1>")
                .append(escape(service));
        if (status == null) {
            return page.append(
                            "</h1><p>The ApplicationMaster is recovering what its predecessor left.</p></body></html>")
                    .toString();
        }
        page.append(" <span class=\"")
                .append(status.state())
                .append("\">")
                .append(status.state())
                .append("</span></h1>");
        if (!status.message().isEmpty()) {
            page.append("<p>").append(escape(status.message())).append("</p>");
        }
        page.append("<p><small>")
                .append(escape(status.applicationId()))
                .append(", attempt ")
                .append(status.attempt())
                .append(", spec generation ")
                .append(status.generation())
                .append(", up since ")
                .append(TIME.format(Instant.ofEpochMilli(status.launchedAtMs())))
                .append(" UTC · <a href=\"status.json\">status.json</a> · <a href=\"metrics\">metrics</a></small></p>");
        pools(page, status);
        servers(page, status, nowMs);
        decisions(page, status);
        return page.append("</body></html>").toString();
    }

    private static void pools(StringBuilder page, ServiceStatus status) {
        table(
                page,
                "Pools",
                "Pool",
                "Wanted",
                "Needed",
                "Room",
                "Ready",
                "Starting",
                "Draining",
                "Sessions",
                "Waiting",
                "Restarts",
                "Why not more or fewer");
        new TreeMap<>(status.pools()).forEach((name, pool) -> poolRow(page, name, pool));
        page.append("</table>");
    }

    private static void poolRow(StringBuilder page, String name, PoolStatus pool) {
        ScalingStatus scaling = pool.scaling();
        row(
                page,
                escape(name),
                "" + pool.desired(),
                scaling == null ? "–" : "" + scaling.needed(),
                scaling == null || scaling.room() < 0 ? "–" : "" + scaling.room(),
                "" + pool.ready(),
                "" + pool.starting(),
                "" + pool.draining(),
                "" + pool.sessions(),
                scaling == null ? "–" : "" + scaling.held(),
                "" + pool.restarts(),
                scaling == null ? "" : escape(scaling.reason()));
    }

    private static void servers(StringBuilder page, ServiceStatus status, long nowMs) {
        table(
                page,
                "Servers",
                "Slot",
                "State",
                "For",
                "Address",
                "Node",
                "Sessions",
                "Heap",
                "Restarts",
                "Spark application",
                "Logs",
                "Reason");
        for (SlotStatus slot : status.slots()) {
            row(
                    page,
                    escape(slot.slot()),
                    "<span class=\"" + slot.state() + "\">" + slot.state() + "</span>",
                    age(nowMs - slot.sinceMs()),
                    escape(orDash(slot.address())),
                    escape(orDash(slot.node())),
                    slot.sessions() < 0 ? "–" : "" + slot.sessions(),
                    heap(slot),
                    "" + slot.restarts(),
                    escape(orDash(slot.childApplicationId())),
                    link(slot),
                    escape(slot.reason() == null ? "" : slot.reason()));
        }
        page.append("</table>");
    }

    private static void decisions(StringBuilder page, ServiceStatus status) {
        table(page, "Last decisions", "When (UTC)", "What");
        List<Decision> newestFirst = new ArrayList<>(status.decisions());
        Collections.reverse(newestFirst);
        for (Decision decision : newestFirst) {
            row(page, TIME.format(Instant.ofEpochMilli(decision.atMs())), escape(decision.text()));
        }
        page.append("</table>");
    }

    private static void table(StringBuilder page, String title, String... columns) {
        page.append("<h2>").append(title).append("</h2><table><tr>");
        for (String column : columns) {
            page.append("<th>").append(column).append("</th>");
        }
        page.append("</tr>");
    }

    private static void row(StringBuilder page, String... cells) {
        page.append("<tr>");
        for (String cell : cells) {
            page.append("<td>").append(cell).append("</td>");
        }
        page.append("</tr>");
    }

    private static String link(SlotStatus slot) {
        String url = slot.logUrl();
        if (url == null || !(url.startsWith("http://") || url.startsWith("https://"))) {
            return "–";
        }
        return "<a href=\"" + escape(url) + "\">" + escape(orDash(slot.serverId())) + "</a>";
    }

    private static String heap(SlotStatus slot) {
        return slot.heapMaxBytes() <= 0
                ? "–"
                : (slot.heapUsedBytes() >> 20) + " of " + (slot.heapMaxBytes() >> 20) + " MiB";
    }

    private static String age(long ms) {
        long seconds = Math.max(0, ms / 1000);
        if (seconds < 120) {
            return seconds + " s";
        }
        return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }

    private static String orDash(@Nullable String text) {
        return text == null ? "–" : text;
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
