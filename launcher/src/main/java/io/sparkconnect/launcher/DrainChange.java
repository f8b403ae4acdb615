/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.registry.settings.ServiceSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/** Servers and nodes to be drained. */
final class DrainChange implements Change {
    private final List<String> names;
    private final List<String> clusterNodes;
    private final @Nullable Duration within;
    private final Clock clock;
    private List<Target> targets = List.of();

    /** @param within null for the service's own drain time-out */
    DrainChange(List<String> names, List<String> clusterNodes, @Nullable Duration within, Clock clock) {
        this.names = List.copyOf(names);
        this.clusterNodes = List.copyOf(clusterNodes);
        this.within = within;
        this.clock = clock;
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        Orders orders = spec.ordersOrNone();
        targets = new Targets(status, orders, clusterNodes).resolve(names);
        Orders after = forgettingTheGone(orders, status);
        List<String> steps = new ArrayList<>();
        long withinMs = within == null ? drainTimeout(spec).toMillis() : within.toMillis();
        DrainOrder order = new DrainOrder(clock.millis(), withinMs, user());
        for (Target target : targets) {
            DrainOrder before = target.drainedBy(orders);
            if (before != null && (within == null || before.withinMs() == withinMs)) {
                continue;
            }
            after = target instanceof Target.Server server
                    ? after.drainServer(server.serverId(), order)
                    : after.drainNode(((Target.Node) target).id(), order);
            steps.add("drain " + target.inWords() + sessions(target, status) + " within "
                    + InWords.age(Duration.ofMillis(withinMs)));
        }
        return steps.isEmpty()
                ? Proposal.nothing(spec)
                : new Proposal(spec.withOrders(after), steps, warnings(after, status));
    }

    /** Container ids never come back, so orders about servers that the ApplicationMaster does not list are history. */
    private static Orders forgettingTheGone(Orders orders, @Nullable ServiceStatus status) {
        if (status == null) {
            return orders;
        }
        return orders.onlyServers(status.slots().stream()
                .map(SlotStatus::serverId)
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .collect(Collectors.toSet()));
    }

    private List<String> warnings(Orders after, @Nullable ServiceStatus status) {
        List<String> warnings = new ArrayList<>();
        if (!clusterNodes.isEmpty() && after.drainedNodes().keySet().containsAll(clusterNodes)) {
            warnings.add("every node of the cluster is drained then: no server can be started until one is undrained");
        }
        if (status != null) {
            Set<String> poolsThatServe = new HashSet<>();
            Set<String> poolsThatGo = new HashSet<>();
            for (SlotStatus slot : status.slots()) {
                if (slot.state() == SlotState.READY) {
                    boolean goes = after.drainedServers().containsKey(slot.serverId())
                            || after.drainedNodes().containsKey(slot.node());
                    (goes ? poolsThatGo : poolsThatServe).add(slot.pool());
                }
            }
            poolsThatGo.removeAll(poolsThatServe);
            poolsThatGo.forEach(pool -> warnings.add(
                    "no ready server of pool " + pool + " is left: new sessions wait until another one is up"));
        }
        return warnings;
    }

    private static String sessions(Target target, @Nullable ServiceStatus status) {
        if (status == null) {
            return "";
        }
        int servers = 0;
        int sessions = 0;
        for (SlotStatus slot : status.slots()) {
            if (isOn(slot, target)) {
                servers++;
                sessions += Math.max(0, slot.sessions());
            }
        }
        return target instanceof Target.Node
                ? " with " + InWords.count(servers, "server") + " and " + InWords.count(sessions, "session")
                : " with " + InWords.count(sessions, "session");
    }

    static boolean isOn(SlotStatus slot, Target target) {
        return target instanceof Target.Server server
                ? server.serverId().equals(slot.serverId())
                : slot.serverId() != null && ((Target.Node) target).id().equals(slot.node());
    }

    private static Duration drainTimeout(ServiceSpec spec) throws CommandException {
        return SpecSettings.read(spec.settings(), "the service's spec").get(ServiceSettings.DRAIN_TIMEOUT);
    }

    private static String user() {
        try {
            return UserGroupInformation.getCurrentUser().getShortUserName();
        } catch (IOException e) {
            throw new UncheckedIOException("nobody knows who runs this command", e);
        }
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        List<SlotStatus> left = status.slots().stream()
                .filter(slot -> targets.stream().anyMatch(target -> isOn(slot, target)))
                .toList();
        if (left.isEmpty()) {
            return new Outcome.Done("drained");
        }
        int sessions =
                left.stream().mapToInt(slot -> Math.max(0, slot.sessions())).sum();
        return new Outcome.Waiting(InWords.count(sessions, "session") + " on "
                + left.stream()
                        .map(slot -> slot.slot() + " (" + slot.state() + ")")
                        .collect(Collectors.joining(", ")));
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        Orders orders = now.ordersOrNone();
        return targets.stream().allMatch(target -> target.drainedBy(orders) != null);
    }
}
