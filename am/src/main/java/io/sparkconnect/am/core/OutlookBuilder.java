/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Puts what we know into the records that others read. Confined to the core thread. */
final class OutlookBuilder {
    private static final int UNLIMITED_SESSIONS = 60;

    private final ClusterState cluster;

    OutlookBuilder(ClusterState cluster) {
        this.cluster = cluster;
    }

    Outlook build(long nowMs) {
        Map<String, SlotRecord> slots = new LinkedHashMap<>();
        Map<String, ServerRecord> servers = new LinkedHashMap<>();
        List<Outlook.PolledAgent> polled = new ArrayList<>();
        for (Slot slot : cluster.slots.values()) {
            slots.put(slot.name, slot.toRecord(cluster.wall));
            JoinRequest server = slot.server;
            if (server != null && slot.isPublished()) {
                servers.put(server.containerId(), record(slot, server));
            }
            if (server != null && !slot.is(SlotState.STOPPING)) {
                polled.add(new Outlook.PolledAgent(server.containerId(), server.agentUrl()));
            }
        }
        return new Outlook(
                new RegistryImage(slots, servers, deaths(), status(nowMs, slot -> slot.publishedLoad)),
                status(nowMs, slot -> slot.load),
                polled,
                cluster.spec,
                cluster.policy,
                surroundings(nowMs));
    }

    private SurroundingsView surroundings(long nowMs) {
        return new SurroundingsView(
                cluster.queues.ofPools(),
                cluster.nodes.values().stream()
                        .collect(Collectors.groupingBy(NodeView::condition, Collectors.counting())),
                Placement.struckNodes(cluster, nowMs));
    }

    private Map<String, DeathCertificate> deaths() {
        if (cluster.wall.neverJumped()) {
            return cluster.deaths.byServer();
        }
        Map<String, DeathCertificate> shown = new HashMap<>();
        cluster.deaths
                .byServer()
                .forEach((id, death) -> shown.put(id, death.at(cluster.wall.shownAt(death.diedAtMs()))));
        return shown;
    }

    private List<Decision> decisions() {
        return cluster.decisions.stream()
                .map(decision -> new Decision(cluster.wall.shownAt(decision.atMs()), decision.text()))
                .toList();
    }

    private ServerRecord record(Slot slot, JoinRequest server) {
        ContainerGrant grant = slot.heldGrant();
        PoolSpec pool = cluster.spec.pools().get(slot.pool);
        return new ServerRecord(
                server.containerId(),
                server.instanceId(),
                server.host(),
                server.port(),
                slot.pool,
                server.sparkVersion(),
                slot.is(SlotState.READY) ? ServerState.READY : ServerState.DRAINING,
                slot.publishedLoad,
                pool == null ? UNLIMITED_SESSIONS : pool.sessionsPerServer(),
                slot.name,
                grant.node(),
                cluster.identity.logUrl(grant),
                server.applicationId(),
                cluster.wall.shownAt(slot.readyAtMs));
    }

    private ServiceStatus status(long nowMs, Function<Slot, ServerLoad> loadOf) {
        Map<String, PoolStatus> pools = new TreeMap<>();
        cluster.pools().forEach(pool -> pools.put(pool, poolStatus(pool, loadOf)));
        ServiceState state = stateOf(pools);
        return new ServiceStatus(
                cluster.identity.applicationId(),
                cluster.identity.attempt(),
                cluster.identity.webUrl(),
                cluster.spec.generation(),
                state,
                message(state),
                cluster.identity.launchedAtMs(),
                cluster.wall.shownAt(nowMs),
                pools,
                cluster.slots.values().stream()
                        .map(slot -> slotStatus(slot, loadOf.apply(slot)))
                        .toList(),
                decisions(),
                cluster.spreading.inWords());
    }

    private PoolStatus poolStatus(String pool, Function<Slot, ServerLoad> loadOf) {
        int ready = 0;
        int starting = 0;
        int draining = 0;
        int sessions = 0;
        long restarts = 0;
        for (Slot slot : cluster.slotsOf(pool)) {
            switch (slot.state()) {
                case READY -> ready++;
                case DRAINING -> draining++;
                case WANTED, REQUESTED, ALLOCATED, STARTING, BACKOFF -> starting++;
                case STOPPING, GONE, UNKNOWN -> {
                    // Neither serves nor will.
                }
            }
            int told = loadOf.apply(slot).sessions();
            sessions += Math.max(0, told < 0 ? slot.bound : told);
            restarts += slot.restarts;
        }
        RolloutView rollout = RolloutView.of(cluster, pool);
        Scaled scaled = cluster.isStopping() ? null : cluster.scaled.get(pool);
        return new PoolStatus(
                cluster.target(pool),
                ready,
                starting,
                draining,
                sessions,
                restarts,
                scaled == null ? null : scaled.status(),
                rollout == null ? null : rollout.status());
    }

    private ServiceState stateOf(Map<String, PoolStatus> pools) {
        if (cluster.finished) {
            return ServiceState.STOPPED;
        }
        if (cluster.isStopping()) {
            return ServiceState.STOPPING;
        }
        if (pools.entrySet().stream()
                .allMatch(pool -> pool.getValue().ready() >= promised(pool.getKey(), pool.getValue()))) {
            return ServiceState.READY;
        }
        boolean someReady = pools.values().stream().anyMatch(pool -> pool.ready() > 0);
        boolean hadReady = cluster.slots.values().stream().anyMatch(slot -> slot.restarts > 0);
        return someReady || hadReady ? ServiceState.DEGRADED : ServiceState.STARTING;
    }

    /** Servers without which a pool is not what was promised; those that it grows by are not among them. */
    private int promised(String pool, PoolStatus status) {
        PoolSpec spec = cluster.spec.pools().get(pool);
        return spec == null ? status.desired() : Math.min(status.desired(), spec.minServers());
    }

    /** Which servers are missing and why, the most told reason first. */
    private String message(ServiceState state) {
        if (state == ServiceState.READY || state == ServiceState.STOPPED) {
            return "";
        }
        Map<String, List<String>> slotsByReason = new LinkedHashMap<>();
        for (Slot slot : cluster.slots.values()) {
            if (!slot.is(SlotState.READY) && !slot.reason().isEmpty()) {
                slotsByReason
                        .computeIfAbsent(slot.reason(), reason -> new ArrayList<>())
                        .add(slot.name);
            }
        }
        return String.join(
                "; ",
                slotsByReason.entrySet().stream()
                        .sorted((a, b) -> b.getValue().size() - a.getValue().size())
                        .limit(3)
                        .map(reason -> inWords(reason.getValue()) + ": " + reason.getKey())
                        .toList());
    }

    private static String inWords(List<String> slots) {
        return slots.size() <= 3 ? String.join(", ", slots) : slots.get(0) + " and " + (slots.size() - 1) + " more";
    }

    private SlotStatus slotStatus(Slot slot, ServerLoad load) {
        ContainerGrant grant = slot.grant;
        JoinRequest server = slot.server;
        return new SlotStatus(
                slot.name,
                slot.pool,
                slot.state(),
                slot.shownSinceMs(cluster.wall),
                grant == null ? null : grant.containerId(),
                grant == null ? null : grant.node(),
                server == null ? null : server.host() + ":" + server.port(),
                load.sessions(),
                load.operations(),
                load.heapUsedBytes(),
                load.heapMaxBytes(),
                slot.restarts,
                slot.reason().isEmpty() ? null : slot.reason(),
                grant == null ? null : cluster.identity.logUrl(grant),
                server == null ? null : server.applicationId(),
                slot.revision);
    }
}
