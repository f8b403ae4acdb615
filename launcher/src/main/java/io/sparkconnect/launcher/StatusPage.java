/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Application;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A service for people to read. Pure. */
final class StatusPage {
    private static final int LAST_DECISIONS = 8;
    private static final int LAST_DEATHS = 8;

    private final ServiceView view;
    private final long nowMs;
    private final boolean wide;
    private final boolean headers;
    private final StringBuilder page = new StringBuilder();

    private StatusPage(ServiceView view, long nowMs, boolean wide, boolean headers) {
        this.view = view;
        this.nowMs = nowMs;
        this.wide = wide;
        this.headers = headers;
    }

    static String render(ServiceView view, long nowMs, boolean wide, boolean headers) {
        return new StatusPage(view, nowMs, wide, headers).render();
    }

    private String render() {
        summary(view.status(), view.spec());
        yarn(view.application());
        if (view.spec() != null) {
            drained(view.spec().ordersOrNone());
            new TreeMap<>(view.spec().pools()).values().forEach(this::poolSpec);
        }
        if (view.status() != null) {
            pools(view.status().pools());
            rollouts(view.status().pools());
            slots(view.status().slots());
            new TreeMap<>(view.status().pools()).forEach(this::whyNotMore);
            decisions(view.status().decisions());
        }
        deaths(view.deaths());
        proxies(view.proxies());
        return page.toString().stripTrailing();
    }

    private void summary(@Nullable ServiceStatus status, @Nullable ServiceSpec spec) {
        line("Service " + view.service() + ": "
                + (status == null ? "no word from its ApplicationMaster yet" : status.state())
                + (spec != null && spec.desired() == DesiredState.STOPPED ? " (to be stopped)" : ""));
        if (status == null) {
            return;
        }
        if (!status.message().isEmpty()) {
            line("  " + status.message());
        }
        line("  " + status.applicationId() + ", attempt " + status.attempt() + ", up " + age(status.launchedAtMs())
                + ", said " + age(status.updatedAtMs()) + " ago");
        if (spec != null && spec.generation() > status.generation()) {
            line("  generation " + spec.generation() + " of the spec is being brought about (now: "
                    + status.generation() + ")");
        }
        if (status.webUrl() != null) {
            line("  page " + status.webUrl());
        }
        if (status.spreading() != null) {
            line("  servers are " + status.spreading());
        }
    }

    private void yarn(@Nullable Application application) {
        if (!view.yarnNote().isEmpty()) {
            line("  YARN: " + view.yarnNote());
        }
        if (application == null) {
            return;
        }
        String diagnostics = InWords.oneLine(application.diagnostics(), 300);
        line("  YARN: " + application.state() + " in queue " + application.queue() + " for user " + application.user()
                + (diagnostics.isEmpty() ? "" : " (" + diagnostics + ")"));
        if (application.endsAtMs() > 0) {
            line("  YARN ends it in " + InWords.age(Duration.ofMillis(application.endsAtMs() - nowMs))
                    + ": the queue limits the lifetime of applications");
        }
    }

    private void poolSpec(PoolSpec wished) {
        PoolSpec pool = RolloutOutcome.started(wished, view.status());
        line("  pool " + pool.name() + ": " + pool.minServers() + " to " + InWords.count(pool.maxServers(), "server")
                + " of "
                + pool.containerMiB() + " MiB and " + InWords.count(pool.vcores(), "vcore") + " in " + pool.queue()
                + ", executors in " + pool.executorsQueue() + ", Spark at "
                + (pool.sparkHome() == null ? pool.sparkArchive() : pool.sparkHome()));
        if (!pool.equals(wished) && wished.rollout() != null) {
            line("    gone back from " + InWords.oneLine(wished.rollout().what(), 200)
                    + ", which is still wished (`rollback` takes it back)");
        }
    }

    private void pools(Map<String, PoolStatus> pools) {
        TextTable table =
                new TextTable(headers, "POOL", "DESIRED", "READY", "STARTING", "DRAINING", "SESSIONS", "RESTARTS");
        new TreeMap<>(pools)
                .forEach((name, pool) -> table.row(
                        name,
                        pool.desired(),
                        pool.ready(),
                        pool.starting(),
                        pool.draining(),
                        pool.sessions(),
                        pool.restarts()));
        section(table.toString());
    }

    private void rollouts(Map<String, PoolStatus> pools) {
        TextTable table = new TextTable(headers, "POOL", "RESTART OR UPGRADE", "REVISION", "NEW", "OF", "MESSAGE");
        boolean some = false;
        for (Map.Entry<String, PoolStatus> pool : new TreeMap<>(pools).entrySet()) {
            RolloutStatus rollout = pool.getValue().rollout();
            if (rollout != null && (wide || rollout.state() != RolloutState.DONE)) {
                some = true;
                table.row(
                        pool.getKey(),
                        rollout.state(),
                        rollout.revision(),
                        rollout.updated(),
                        rollout.servers(),
                        InWords.oneLine(rollout.message(), 200));
            }
        }
        if (some) {
            section(table.toString());
        }
    }

    private void drained(Orders orders) {
        new TreeMap<>(orders.drainedNodes())
                .forEach((node, order) -> line("  node " + node + " is drained by " + order.by() + " since "
                        + age(order.askedAtMs()) + " (`undrain " + node + "` ends that)"));
    }

    private void slots(List<SlotStatus> slots) {
        if (slots.isEmpty()) {
            return;
        }
        List<String> heading =
                new ArrayList<>(List.of("SLOT", "STATE", "FOR", "NODE", "ADDRESS", "SESSIONS", "RESTARTS"));
        if (wide) {
            heading.addAll(List.of("HEAP", "REVISION", "CONTAINER", "APPLICATION", "LOG"));
        }
        heading.add("REASON");
        TextTable table = new TextTable(headers, heading.toArray(String[]::new));
        for (SlotStatus slot : slots) {
            List<Object> row = new ArrayList<>(List.of(
                    slot.slot(),
                    slot.state(),
                    age(slot.sinceMs()),
                    orDash(slot.node()),
                    orDash(slot.address()),
                    slot.sessions() < 0 ? "?" : slot.sessions(),
                    slot.restarts()));
            if (wide) {
                row.addAll(List.of(
                        heap(slot),
                        slot.revision(),
                        orDash(slot.serverId()),
                        orDash(slot.childApplicationId()),
                        orDash(slot.logUrl())));
            }
            row.add(InWords.oneLine(slot.reason(), wide ? 1000 : 160));
            table.row(row.toArray());
        }
        section(table.toString());
    }

    private static String heap(SlotStatus slot) {
        long mib = 1024L * 1024;
        return slot.heapMaxBytes() == 0 ? "-" : slot.heapUsedBytes() / mib + "/" + slot.heapMaxBytes() / mib + " MiB";
    }

    private void decisions(List<Decision> decisions) {
        if (decisions.isEmpty()) {
            return;
        }
        TextTable table = new TextTable(headers, "AGO", "LAST DECISIONS");
        newest(decisions, Comparator.comparing(Decision::atMs), LAST_DECISIONS)
                .forEach(decision -> table.row(age(decision.atMs()), InWords.oneLine(decision.text(), 200)));
        section(table.toString());
    }

    private void deaths(List<DeathCertificate> all) {
        // A rolling restart shall not hide the server that was lost.
        List<DeathCertificate> deaths =
                all.stream().filter(death -> !death.cause().isWished()).toList();
        if (deaths.isEmpty()) {
            return;
        }
        List<String> heading = new ArrayList<>(List.of("AGO", "SLOT", "NODE", "EXIT", "SERVERS LOST, AND WHY"));
        if (wide) {
            heading.add("LOG");
        }
        TextTable table = new TextTable(headers, heading.toArray(String[]::new));
        for (DeathCertificate death : newest(deaths, Comparator.comparing(DeathCertificate::diedAtMs), LAST_DEATHS)) {
            String remedy = death.remedy() == null ? "" : "; " + death.remedy();
            List<Object> row = new ArrayList<>(List.of(
                    age(death.diedAtMs()),
                    death.slot(),
                    orDash(death.node()),
                    death.exitStatus() == null ? "?" : death.exitStatus(),
                    death.cause().inWords() + remedy));
            if (wide) {
                row.add(orDash(death.logUrl()));
            }
            table.row(row.toArray());
        }
        section(table.toString());
        if (deaths.size() > LAST_DEATHS) {
            line("  and " + (deaths.size() - LAST_DEATHS) + " more: `events --kind death`");
        }
    }

    private void proxies(List<ProxyRecord> proxies) {
        if (proxies.isEmpty()) {
            return;
        }
        TextTable table = new TextTable(headers, "PROXY", "CONNECTIONS", "SESSIONS", "HELD", "UP", "ADMIN");
        proxies.stream()
                .sorted(Comparator.comparing(ProxyRecord::address))
                .forEach(proxy -> table.row(
                        "sc://" + proxy.address(),
                        proxy.connections(),
                        proxy.sessions(),
                        proxy.heldStreams(),
                        age(proxy.startedAtMs()),
                        proxy.adminAddress()));
        section(table.toString());
    }

    /** Why a pool has not as many servers as its load needs; nothing when it has. */
    private void whyNotMore(String name, PoolStatus pool) {
        ScalingStatus scaling = pool.scaling();
        if (scaling != null && !scaling.reason().isEmpty()) {
            String waiting = scaling.held() == 0
                    ? ""
                    : " (" + InWords.count(scaling.held(), "session") + " waiting for a server)";
            section("Pool " + name + ": " + scaling.reason() + waiting + System.lineSeparator());
        }
    }

    private static <T> List<T> newest(List<T> all, Comparator<T> byTime, int most) {
        List<T> sorted = new ArrayList<>(all);
        sorted.sort(byTime.reversed());
        return sorted.subList(0, Math.min(most, sorted.size()));
    }

    private static String orDash(@Nullable String text) {
        return text == null || text.isEmpty() ? "-" : text;
    }

    private String age(long sinceMs) {
        return InWords.age(Duration.ofMillis(nowMs - sinceMs));
    }

    private void line(String text) {
        page.append(text).append(System.lineSeparator());
    }

    private void section(String text) {
        page.append(System.lineSeparator()).append(text);
    }
}
