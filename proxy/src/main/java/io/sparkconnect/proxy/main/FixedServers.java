/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServicePools;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Servers listed by hand: always the same, always taken for ready. Immutable. */
final class FixedServers implements ServerDirectory {
    private final ServerSnapshot snapshot;

    FixedServers(List<ListedServer> listed, int sessionsLimit, long nowMs) {
        Map<String, ServerRecord> servers = new LinkedHashMap<>();
        for (ListedServer server : listed) {
            HostPort address = server.address();
            servers.put(
                    address.toString(),
                    new ServerRecord(
                            address.toString(),
                            "",
                            address.host(),
                            address.port(),
                            server.pool(),
                            null,
                            ServerState.READY,
                            ServerLoad.UNKNOWN,
                            sessionsLimit,
                            address.toString(),
                            null,
                            null,
                            null,
                            nowMs,
                            server.weight()));
        }
        this.snapshot = new ServerSnapshot(servers, Map.of(), null, true, Set.of(), Map.of(), pools(listed));
    }

    /** Who asks for none gets the one that is called default, or else the first that is listed. */
    private static ServicePools pools(List<ListedServer> listed) {
        Set<String> names = new LinkedHashSet<>();
        listed.forEach(server -> names.add(server.pool()));
        String standard = names.contains(PoolRouting.DEFAULT_POOL)
                ? PoolRouting.DEFAULT_POOL
                : names.iterator().next();
        return new ServicePools(names, new PoolRouting(standard, List.of()));
    }

    @Override
    public ServerSnapshot snapshot() {
        return snapshot;
    }

    @Override
    public void addListener(Consumer<ServerSnapshot> listener) {
        listener.accept(snapshot);
    }

    @Override
    public void close() {}
}
