/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.Html.cells;
import static io.sparkconnect.am.page.PageTime.age;
import static io.sparkconnect.am.page.PageTime.at;

import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SpecChange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The service as a page for whoever was woken by it: first what is wrong and why, then what was done about it, and only then
 * what is well, folded away when it is long.
 */
final class StatusPage {
    private static final String STYLE = "body{font:14px/1.45 system-ui,sans-serif;margin:2rem;color:#222}"
            + "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
            + "th,td{padding:.25rem .8rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}"
            + "th{font-weight:600;color:#555}h1{font-size:1.4rem}h2{font-size:1.05rem}"
            + "summary{font-weight:600;cursor:pointer;margin:.5rem 0}"
            + ".READY,.DONE{color:#0a7a2f}.DEGRADED,.BACKOFF,.ROLLING_BACK,.ROLLED_BACK{color:#b00020}"
            + ".STARTING,.DRAINING,.STOPPING,.RUNNING{color:#9a6700}small{color:#777}";
    /** What is shown at once of a list that only grows. */
    private static final int NEWEST = 12;

    private StatusPage() {}

    static String of(String service, @Nullable Outlook outlook, long nowMs) {
        Html page = Html.page(service, STYLE);
        if (outlook == null) {
            return page.heading(1, service)
                    .paragraph("The ApplicationMaster is recovering what its predecessor left.")
                    .end();
        }
        ServiceStatus status = outlook.live();
        head(page, service, status, nowMs);
        pools(page, status);
        rollouts(page, outlook);
        ServerSections.notReady(page, status, nowMs);
        DrainSection.show(page, outlook, nowMs);
        DeathSection.show(page, outlook.image().deaths().values(), nowMs);
        decisions(page, status.decisions());
        changes(page, outlook.spec().ordersOrNone().history());
        SurroundingsSection.show(page, outlook.surroundings(), outlook.live().spreading());
        ServerSections.ready(page, status, nowMs);
        return page.end();
    }

    private static void head(Html page, String service, ServiceStatus status, long nowMs) {
        page.heading(1, service + " ", Html.coloured(status.state()));
        if (!status.message().isEmpty()) {
            page.paragraph(status.message());
        }
        page.small(
                status.applicationId() + ", attempt " + status.attempt() + ", spec generation " + status.generation()
                        + ", up for " + age(nowMs - status.launchedAtMs()) + ", since " + at(status.launchedAtMs())
                        + " UTC · ",
                Html.sibling("status.json"),
                " · ",
                Html.sibling("metrics"));
    }

    private static void pools(Html page, ServiceStatus status) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        new TreeMap<>(status.pools()).forEach((name, pool) -> rows.add(poolRow(name, pool)));
        page.heading(2, "Pools")
                .table(
                        List.of(
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
                                "Why not more or fewer"),
                        rows);
    }

    private static List<@Nullable Object> poolRow(String name, PoolStatus pool) {
        ScalingStatus scaling = pool.scaling();
        return cells(
                name,
                pool.desired(),
                scaling == null ? null : scaling.needed(),
                scaling == null || scaling.room() < 0 ? null : scaling.room(),
                pool.ready(),
                pool.starting(),
                pool.draining(),
                pool.sessions(),
                scaling == null ? null : scaling.held(),
                pool.restarts(),
                scaling == null ? "" : scaling.reason());
    }

    private static void rollouts(Html page, Outlook outlook) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (Map.Entry<String, PoolStatus> pool : new TreeMap<>(outlook.live().pools()).entrySet()) {
            RolloutStatus rollout = pool.getValue().rollout();
            if (rollout != null) {
                rows.add(cells(
                        pool.getKey(),
                        Html.coloured(rollout.state()),
                        rollout.updated() + " of " + rollout.servers(),
                        rollout.revision(),
                        what(outlook.spec().pools().get(pool.getKey())),
                        rollout.message()));
            }
        }
        if (!rows.isEmpty()) {
            page.heading(2, "Last restart or upgrade")
                    .table(
                            List.of(
                                    "Pool",
                                    "State",
                                    "New servers ready",
                                    "Generation",
                                    "What",
                                    "Waits for, or why not"),
                            rows);
        }
    }

    private static String what(@Nullable PoolSpec pool) {
        RolloutOrder order = pool == null ? null : pool.rollout();
        return order == null ? "" : order.what();
    }

    private static void decisions(Html page, List<Decision> decisions) {
        newestFirst(
                page,
                "Last decisions",
                List.of("When (UTC)", "What"),
                decisions.stream()
                        .sorted(Comparator.comparing(Decision::atMs))
                        .map(decision -> cells(at(decision.atMs()), decision.text()))
                        .toList());
    }

    private static void changes(Html page, List<SpecChange> history) {
        newestFirst(
                page,
                "Last changes by operators",
                List.of("When (UTC)", "Generation", "Who", "What"),
                history.stream()
                        .map(change -> cells(at(change.atMs()), change.generation(), change.by(), change.text()))
                        .toList());
    }

    /** @param rows oldest first */
    private static void newestFirst(Html page, String title, List<String> columns, List<List<@Nullable Object>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        List<List<@Nullable Object>> newest = new ArrayList<>(rows);
        Collections.reverse(newest);
        page.heading(2, title).table(columns, newest.subList(0, Math.min(NEWEST, newest.size())));
        if (newest.size() > NEWEST) {
            page.folded(
                    (newest.size() - NEWEST) + " earlier ones",
                    false,
                    rest -> rest.table(columns, newest.subList(NEWEST, newest.size())));
        }
    }
}
