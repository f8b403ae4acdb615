/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the registry should hold. Immutable.
 *
 * @param slots by slot name
 * @param servers published servers by server id
 * @param deaths by server id
 */
public record RegistryImage(
        Map<String, SlotRecord> slots,
        Map<String, ServerRecord> servers,
        Map<String, DeathCertificate> deaths,
        @Nullable ServiceStatus status) {
    public static final RegistryImage EMPTY = new RegistryImage(Map.of(), Map.of(), Map.of(), null);

    public RegistryImage {
        slots = Map.copyOf(slots);
        servers = Map.copyOf(servers);
        deaths = Map.copyOf(deaths);
    }

    /**
     * The changes that lead from what is written to this, in the order in which readers should see them: a server's
     * death before its removal, and slots before the servers that they make adoptable.
     */
    public List<RegistryChange> changesFrom(RegistryImage written) {
        List<RegistryChange> changes = new ArrayList<>();
        puts(deaths, written.deaths, RegistryChange.PutDeath::new, changes);
        removals(servers, written.servers, RegistryChange.RemoveServer::new, changes);
        puts(slots, written.slots, RegistryChange.PutSlot::new, changes);
        removals(slots, written.slots, RegistryChange.RemoveSlot::new, changes);
        puts(servers, written.servers, RegistryChange.PutServer::new, changes);
        removals(deaths, written.deaths, RegistryChange.RemoveDeath::new, changes);
        if (status != null && !status.equals(written.status)) {
            changes.add(new RegistryChange.PutStatus(status));
        }
        return changes;
    }

    private static <T> void puts(
            Map<String, T> wanted, Map<String, T> written, Function<T, RegistryChange> put, List<RegistryChange> into) {
        wanted.forEach((key, value) -> {
            if (!value.equals(written.get(key))) {
                into.add(put.apply(value));
            }
        });
    }

    private static <T> void removals(
            Map<String, T> wanted,
            Map<String, T> written,
            Function<String, RegistryChange> remove,
            List<RegistryChange> into) {
        written.keySet().stream()
                .filter(key -> !wanted.containsKey(key))
                .map(remove)
                .forEach(into::add);
    }
}
