/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServerState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
                            "default",
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
        this.snapshot = new ServerSnapshot(servers, Map.of(), null, true);
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
