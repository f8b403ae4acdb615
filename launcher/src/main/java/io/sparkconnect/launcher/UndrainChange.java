/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Servers and nodes that are not to be drained any more. */
final class UndrainChange implements Change {
    private final List<String> names;
    private final List<String> clusterNodes;
    private List<Target> targets = List.of();

    /** @param names empty for everything that is drained */
    UndrainChange(List<String> names, List<String> clusterNodes) {
        this.names = List.copyOf(names);
        this.clusterNodes = List.copyOf(clusterNodes);
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        Orders orders = spec.ordersOrNone();
        targets = names.isEmpty()
                ? everythingDrained(orders, status)
                : new Targets(status, orders, clusterNodes).resolve(names);
        Orders after = orders;
        List<String> steps = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        for (Target target : targets) {
            if (target instanceof Target.Server server) {
                after = after.undrainServer(server.serverId());
                stateOf(server, status)
                        .filter(state -> state == SlotState.STOPPING)
                        .ifPresent(state ->
                                warnings.add(target.inWords() + " is being stopped already: it will not come back"));
            } else {
                after = after.undrainNode(((Target.Node) target).id());
            }
            if (target.drainedBy(orders) != null) {
                steps.add("undrain " + target.inWords());
            }
        }
        return steps.isEmpty() ? Proposal.nothing(spec) : new Proposal(spec.withOrders(after), steps, warnings);
    }

    private static Optional<SlotState> stateOf(Target.Server server, @Nullable ServiceStatus status) {
        return status == null
                ? Optional.empty()
                : status.slots().stream()
                        .filter(slot -> server.serverId().equals(slot.serverId()))
                        .map(SlotStatus::state)
                        .findFirst();
    }

    private static List<Target> everythingDrained(Orders orders, @Nullable ServiceStatus status) {
        List<Target> all = new ArrayList<>();
        for (String serverId : new TreeSet<>(orders.drainedServers().keySet())) {
            String slot = status == null
                    ? "?"
                    : status.slots().stream()
                            .filter(one -> serverId.equals(one.serverId()))
                            .map(SlotStatus::slot)
                            .findFirst()
                            .orElse("gone");
            all.add(new Target.Server(slot, serverId));
        }
        new TreeSet<>(orders.drainedNodes().keySet()).forEach(node -> all.add(new Target.Node(node)));
        return all;
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        String waiting = status.slots().stream()
                .filter(slot -> slot.state() == SlotState.DRAINING)
                .filter(slot -> targets.stream().anyMatch(target -> DrainChange.isOn(slot, target)))
                .map(SlotStatus::slot)
                .collect(Collectors.joining(", "));
        return waiting.isEmpty()
                ? new Outcome.Done("undrained")
                : new Outcome.Waiting(waiting + " to take new sessions again");
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        Orders orders = now.ordersOrNone();
        return targets.stream().noneMatch(target -> target.drainedBy(orders) != null);
    }
}
