/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.registry.settings.NearestName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Servers and nodes by the names that people have for them: slot, container id, node id, host. */
final class Targets {
    private final List<SlotStatus> slots;
    private final Set<String> nodes = new TreeSet<>();

    /** @param clusterNodes node ids that YARN knows; may be empty where it does not answer */
    Targets(@Nullable ServiceStatus status, Orders orders, Collection<String> clusterNodes) {
        this.slots = status == null ? List.of() : status.slots();
        slots.forEach(slot -> {
            if (slot.node() != null) {
                nodes.add(slot.node());
            }
        });
        nodes.addAll(orders.drainedNodes().keySet());
        nodes.addAll(clusterNodes);
    }

    /** @throws CommandException with every name that is none, and the nearest one that is */
    List<Target> resolve(Collection<String> names) throws CommandException {
        List<Target> found = new ArrayList<>();
        List<String> mistakes = new ArrayList<>();
        for (String name : names) {
            List<Target> targets = resolve(name);
            if (targets.isEmpty()) {
                mistakes.add(unknown(name));
            }
            found.addAll(targets);
        }
        if (!mistakes.isEmpty()) {
            throw new CommandException(ExitCode.NOT_FOUND, mistakes, null);
        }
        return found;
    }

    /** @throws CommandException when it is no server */
    SlotStatus server(String name) throws CommandException {
        for (SlotStatus slot : slots) {
            if (slot.slot().equals(name) || name.equals(slot.serverId())) {
                return slot;
            }
        }
        throw new CommandException(ExitCode.NOT_FOUND, unknown(name));
    }

    private List<Target> resolve(String name) throws CommandException {
        for (SlotStatus slot : slots) {
            String serverId = slot.serverId();
            if (name.equals(serverId) || slot.slot().equals(name)) {
                if (serverId == null) {
                    throw new CommandException(
                            ExitCode.NOT_FOUND,
                            slot.slot() + " has no server now: it is " + slot.state()
                                    + (slot.reason() == null ? "" : ", " + InWords.oneLine(slot.reason(), 200)));
                }
                return List.of(new Target.Server(slot.slot(), serverId));
            }
        }
        return nodes.stream()
                .filter(node -> node.equals(name) || node.startsWith(name + ":"))
                .map(Target.Node::new)
                .<Target>map(node -> node)
                .toList();
    }

    private String unknown(String name) {
        List<String> known = new ArrayList<>();
        for (SlotStatus slot : slots) {
            known.add(slot.slot());
            if (slot.serverId() != null) {
                known.add(slot.serverId());
            }
        }
        for (String node : nodes) {
            known.add(node);
            known.add(node.substring(0, Math.max(0, node.lastIndexOf(':'))));
        }
        return "no server or node " + name
                + (known.isEmpty()
                        ? " (the service has none yet: see `status`)"
                        : " (did you mean " + NearestName.to(name, known) + "? `status -o wide` lists them)");
    }
}
