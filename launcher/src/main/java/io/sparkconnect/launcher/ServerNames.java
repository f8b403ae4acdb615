/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SlotStatus;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Servers as bindings name them, by container id, and as people do, by slot. */
final class ServerNames {
    /** What stands for the slot of a server that is gone. */
    static final String GONE = "gone";

    private final @Nullable ServiceStatus status;
    private final Map<String, String> slots = new HashMap<>();
    private final Map<String, String> pools = new HashMap<>();

    ServerNames(@Nullable ServiceStatus status) {
        this.status = status;
        if (status != null) {
            for (SlotStatus slot : status.slots()) {
                if (slot.serverId() != null) {
                    slots.put(slot.serverId(), slot.slot());
                    pools.put(slot.serverId(), slot.pool());
                }
            }
        }
    }

    String slot(String serverId) {
        return slots.getOrDefault(serverId, GONE);
    }

    /** The pool of a session: its binding's, or, where an earlier version made that, its server's; empty when not known. */
    String poolOf(SessionBinding binding) {
        String pool = binding.pool();
        return pool != null ? pool : pools.getOrDefault(binding.serverId(), "");
    }

    /** A session as scripts get it: its binding, and the slot of its server. */
    Map<String, Object> record(SessionBinding session) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("userId", session.userId());
        record.put("sessionId", session.sessionId());
        record.put("server", slot(session.serverId()));
        record.put("serverId", session.serverId());
        record.put("pool", poolOf(session));
        record.put("createdAtMs", session.createdAtMs());
        record.put("lastUseMs", session.lastUseMs());
        return record;
    }

    /**
     * The container id of a server that a user names. Container ids are taken as they are: bindings outlive servers.
     *
     * @throws CommandException when there is no such server
     */
    String serverId(String name) throws CommandException {
        if (name.startsWith("container_")) {
            return name;
        }
        SlotStatus slot = new Targets(status, Orders.NONE, List.of()).server(name);
        if (slot.serverId() == null) {
            throw new CommandException(ExitCode.NOT_FOUND, slot.slot() + " has no server now: it is " + slot.state());
        }
        return slot.serverId();
    }
}
