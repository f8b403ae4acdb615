/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServicePools;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Servers listed by hand: always the same, always taken for ready. Only what is known of their Spark versions changes.
 * Thread-safe.
 */
final class FixedServers implements ServerDirectory {
    private final List<ListedServer> listed;
    private final int sessionsLimit;
    private final long nowMs;
    private final Map<String, String> versions = new HashMap<>();
    private final List<Consumer<ServerSnapshot>> listeners = new CopyOnWriteArrayList<>();
    private volatile ServerSnapshot snapshot;

    FixedServers(List<ListedServer> listed, int sessionsLimit, long nowMs) {
        this.listed = List.copyOf(listed);
        this.sessionsLimit = sessionsLimit;
        this.nowMs = nowMs;
        this.snapshot = snapshotWith(Map.of());
    }

    /** What a server has said of its Spark version; false when that is known already. */
    synchronized boolean isOf(String serverId, String sparkVersion) {
        if (sparkVersion.equals(versions.put(serverId, sparkVersion))) {
            return false;
        }
        ServerSnapshot next = snapshotWith(versions);
        snapshot = next;
        listeners.forEach(listener -> listener.accept(next));
        return true;
    }

    private ServerSnapshot snapshotWith(Map<String, String> sparkVersions) {
        Map<String, ServerRecord> servers = new LinkedHashMap<>();
        for (ListedServer server : listed) {
            HostPort address = server.address();
            String serverId = address.toString();
            servers.put(
                    serverId,
                    new ServerRecord(
                            serverId,
                            "",
                            address.host(),
                            address.port(),
                            server.pool(),
                            sparkVersions.get(serverId),
                            ServerState.READY,
                            ServerLoad.UNKNOWN,
                            sessionsLimit,
                            serverId,
                            null,
                            null,
                            null,
                            nowMs,
                            server.weight()));
        }
        return new ServerSnapshot(servers, Map.of(), null, true, Set.of(), Map.of(), pools(listed));
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
    public synchronized void addListener(Consumer<ServerSnapshot> listener) {
        listeners.add(listener);
        listener.accept(snapshot);
    }

    @Override
    public void close() {}
}
