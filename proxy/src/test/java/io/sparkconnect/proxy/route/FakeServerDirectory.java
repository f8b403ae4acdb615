/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServicePools;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A registry of servers that the test writes; several routers may watch it. Listeners run on the caller's thread. */
final class FakeServerDirectory implements ServerDirectory {
    private final List<Consumer<ServerSnapshot>> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, ServerRecord> servers = new HashMap<>();
    private final Map<String, DeathCertificate> deaths = new HashMap<>();
    private final Set<String> unreadable = new HashSet<>();
    private final Map<String, SessionKill> kills = new HashMap<>();
    private @Nullable ServiceStatus status;
    private @Nullable ServicePools pools;
    private boolean connected = true;

    static ServerRecord server(String id) {
        return new ServerRecord(
                id,
                "instance-of-" + id,
                "host-of-" + id,
                15002,
                "default",
                "4.3.0",
                ServerState.READY,
                new ServerLoad(0, 0, 0, 0),
                60,
                "slot-of-" + id,
                "node-of-" + id,
                null,
                null,
                0);
    }

    static ServerRecord ofPool(String id, String pool) {
        ServerRecord server = server(id);
        return new ServerRecord(
                server.serverId(),
                server.instanceId(),
                server.host(),
                server.port(),
                pool,
                server.sparkVersion(),
                server.state(),
                server.load(),
                server.sessionsLimit(),
                server.slot(),
                server.node(),
                server.logUrl(),
                server.childApplicationId(),
                server.readyAtMs());
    }

    static ServerRecord ofSpark(ServerRecord server, String version) {
        return new ServerRecord(
                server.serverId(),
                server.instanceId(),
                server.host(),
                server.port(),
                server.pool(),
                version,
                server.state(),
                server.load(),
                server.sessionsLimit(),
                server.slot(),
                server.node(),
                server.logUrl(),
                server.childApplicationId(),
                server.readyAtMs());
    }

    static ServerRecord with(ServerRecord server, ServerState state, int sessions, int limit) {
        return new ServerRecord(
                server.serverId(),
                server.instanceId(),
                server.host(),
                server.port(),
                server.pool(),
                server.sparkVersion(),
                state,
                new ServerLoad(sessions, 0, 0, 0),
                limit,
                server.slot(),
                server.node(),
                server.logUrl(),
                server.childApplicationId(),
                server.readyAtMs());
    }

    static ServerRecord at(ServerRecord server, String host, int port) {
        return new ServerRecord(
                server.serverId(),
                server.instanceId(),
                host,
                port,
                server.pool(),
                server.sparkVersion(),
                server.state(),
                server.load(),
                server.sessionsLimit(),
                server.slot(),
                server.node(),
                server.logUrl(),
                server.childApplicationId(),
                server.readyAtMs());
    }

    FakeServerDirectory list(String... ids) {
        for (String id : ids) {
            servers.put(id, server(id));
        }
        publish();
        return this;
    }

    void list(ServerRecord server) {
        servers.put(server.serverId(), server);
        publish();
    }

    void draining(String id) {
        list(with(server(id), ServerState.DRAINING, 0, 60));
    }

    /** Takes a server out and says why. */
    void dies(String id, DeathCause cause, int exitStatus) {
        servers.remove(id);
        certify(id, cause, exitStatus);
    }

    void certify(String id, DeathCause cause, int exitStatus) {
        deaths.put(
                id,
                new DeathCertificate(
                        id,
                        "default",
                        "slot-of-" + id,
                        "node-of-" + id,
                        cause,
                        exitStatus,
                        "",
                        List.of(),
                        null,
                        "http://logs/" + id,
                        0));
        publish();
    }

    /** Takes servers out without a word. */
    void loses(String... ids) {
        for (String id : ids) {
            servers.remove(id);
        }
        publish();
    }

    void starting(int servers, String message) {
        status = new ServiceStatus(
                "application_1",
                1,
                null,
                1,
                ServiceState.UNKNOWN,
                message,
                0,
                0,
                Map.of("default", new PoolStatus(servers, 0, servers, 0, 0, 0, null)),
                List.of(),
                List.of(),
                null);
        publish();
    }

    /** What the spec says of pools from now on. */
    FakeServerDirectory pools(PoolRouting routing, String... names) {
        pools = new ServicePools(Set.of(names), routing);
        publish();
        return this;
    }

    /** What the ApplicationMaster says of servers on their way, by pool. */
    void starting(Map<String, Integer> byPool) {
        Map<String, PoolStatus> all = new HashMap<>();
        byPool.forEach((pool, servers) -> all.put(pool, new PoolStatus(servers, 0, servers, 0, 0, 0, null)));
        status = new ServiceStatus(
                "application_1", 1, null, 1, ServiceState.UNKNOWN, "", 0, 0, all, List.of(), List.of(), null);
        publish();
    }

    void connected(boolean now) {
        connected = now;
        publish();
    }

    /** An operator kills a session. */
    void kills(SessionKey session, String serverId, long atMs) {
        SessionBinding binding = new SessionBinding(session.userId(), session.sessionId(), serverId, 0, 0);
        SessionKill.of(List.of(binding), atMs, "ops", "it holds all executors")
                .forEach(kill -> kills.put(kill.killId(), kill));
        publish();
    }

    /** To change without telling at once; {@link #publish} does. */
    Map<String, ServerRecord> servers() {
        return servers;
    }

    /** The record of a server becomes garbage; the directory goes on with what it knew. */
    void spoils(String id) {
        unreadable.add(id);
        publish();
    }

    @Override
    public ServerSnapshot snapshot() {
        return new ServerSnapshot(servers, deaths, status, connected, unreadable, kills, pools);
    }

    @Override
    public void addListener(Consumer<ServerSnapshot> listener) {
        listeners.add(listener);
        listener.accept(snapshot());
    }

    @Override
    public void close() {}

    void publish() {
        listeners.forEach(listener -> listener.accept(snapshot()));
    }
}
