/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import io.sparkconnect.am.core.NodeView;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.core.QueueView;
import io.sparkconnect.am.core.RegistryImage;
import io.sparkconnect.am.core.Specs;
import io.sparkconnect.am.core.SurroundingsView;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.registry.WaysToDie;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A service in trouble, as the page gets to see it. */
final class OutlookOnPage {
    static final long NOW_MS = 1_700_000_000_000L;

    private final int servers;
    private int ready;
    private String reason = "waits for a container";
    private @Nullable RolloutStatus rollout;
    private Orders orders = Orders.NONE;
    private List<Decision> decisions = List.of(new Decision(NOW_MS - 1_000, "default-1: drains"));
    private final Map<String, DeathCertificate> deaths = new HashMap<>();
    private ScalingStatus scaling =
            new ScalingStatus(9, 3, 4, 1, ScalingStatus.Limit.QUEUE, "9 servers are needed: queue q can hold <3>");

    private OutlookOnPage(int servers) {
        this.servers = servers;
    }

    /** So many slots, of which one is ready. */
    static OutlookOnPage of(int servers) {
        return new OutlookOnPage(servers).withReady(1);
    }

    OutlookOnPage withReady(int count) {
        ready = count;
        return this;
    }

    /** Why the others are not. */
    OutlookOnPage withReason(String why) {
        reason = why;
        return this;
    }

    OutlookOnPage withRollout(RolloutStatus status) {
        rollout = status;
        return this;
    }

    OutlookOnPage withOrders(Orders wished) {
        orders = wished;
        return this;
    }

    OutlookOnPage withDecisions(List<Decision> taken) {
        decisions = taken;
        return this;
    }

    OutlookOnPage withDeath(DeathCertificate death) {
        deaths.put(death.serverId(), death);
        return this;
    }

    static String server(int number) {
        return "container_e01_1700000000000_0001_01_%06d".formatted(number);
    }

    Outlook build() {
        List<SlotStatus> slots = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            slots.add(slot(i));
        }
        PoolStatus pool = new PoolStatus(servers, ready, servers - ready, 0, 7, 5, scaling, rollout);
        ServiceStatus status = new ServiceStatus(
                "application_1700000000000_0001",
                1,
                null,
                3,
                ready == servers ? ServiceState.READY : ServiceState.DEGRADED,
                ready == servers ? "" : reason,
                NOW_MS - 7_200_000,
                NOW_MS,
                Map.of("default", pool),
                slots,
                decisions,
                "spread over nodes by blacklist: constraints are <disabled>");
        return new Outlook(
                new RegistryImage(Map.of(), Map.of(), deaths, status),
                status,
                List.of(),
                spec(),
                Specs.POLICY,
                new SurroundingsView(
                        List.of(new QueueView(
                                "sparkconnect",
                                Map.of("", new QueueView.Share(1024, 4096), "CORE", new QueueView.Share(512, 2048)),
                                "",
                                3072,
                                1)),
                        Map.of(NodeView.Condition.RUNNING, 40L, NodeView.Condition.LOST, 2L),
                        Set.of("n9:1")));
    }

    private SlotStatus slot(int index) {
        boolean isReady = index < ready;
        return new SlotStatus(
                "default-" + index,
                "default",
                isReady ? SlotState.READY : SlotState.BACKOFF,
                NOW_MS - 90_000,
                server(index),
                "n" + index % 40 + ":1",
                isReady ? "n" + index % 40 + ":4000" : null,
                isReady ? 12 : -1,
                0,
                isReady ? 300L << 20 : 0,
                isReady ? 1024L << 20 : 0,
                index % 3,
                isReady ? null : reason,
                WaysToDie.logUrl(server(index)),
                null,
                3);
    }

    private ServiceSpec spec() {
        RolloutOrder order = rollout == null
                ? null
                : new RolloutOrder(rollout.revision(), "Spark home /opt/<spark>-4.1", false, 1, null);
        PoolSpec pool = PoolSpec.builder("default")
                .servers(servers, Math.max(servers, 10))
                .spark("/opt/spark", null)
                .rollout(order)
                .build();
        return new ServiceSpec(3, "svc", "ana", DesiredState.RUNNING, 0, Map.of("default", pool), Map.of())
                .withOrders(orders);
    }

    static DrainOrder drain(String by) {
        return new DrainOrder(NOW_MS - 300_000, 120_000, by);
    }
}
