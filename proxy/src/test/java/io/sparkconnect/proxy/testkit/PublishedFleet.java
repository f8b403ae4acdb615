/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.zookeeper.ZooKeeperApplicationMasterRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperFixture;
import io.sparkconnect.registry.zookeeper.ZooKeeperOperatorRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooKeeper;

/** Servers in a real ZooKeeper, published as an ApplicationMaster does it. */
public final class PublishedFleet implements AutoCloseable {
    public static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "test");

    private static final int SESSION_TIMEOUT_MS = 30_000;

    private final ZooKeeperFixture zooKeeper;
    private final ZooKeeperConnection connection;
    private final ZooKeeper bare;
    private final ZooKeeperOperatorRegistry operator;
    private ZooKeeperApplicationMasterRegistry master;
    private int attempt = 1;

    private PublishedFleet(ZooKeeperFixture zooKeeper, ZooKeeper bare) {
        this.zooKeeper = zooKeeper;
        this.bare = bare;
        this.connection = zooKeeper.connect();
        this.operator = new ZooKeeperOperatorRegistry(connection, "/sparkconnect", "test");
        this.master = newMaster();
    }

    public static PublishedFleet open() throws Exception {
        ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
        ZooKeeper bare = new ZooKeeper(zooKeeper.quorum(), SESSION_TIMEOUT_MS, event -> {});
        PublishedFleet fleet = new PublishedFleet(zooKeeper, bare);
        fleet.master.claim(fleet.attempt);
        return fleet;
    }

    public ZooKeeperFixture zooKeeper() {
        return zooKeeper;
    }

    /** For what no part of the service does: damage, and whole tables at once. */
    public ZooKeeper bare() {
        return bare;
    }

    /** What a proxy must be told to find the fleet. */
    public Map<String, String> settings() {
        return Map.of(
                "sparkconnect.zookeeper.quorum", zooKeeper.quorum(),
                "sparkconnect.zookeeper.root", "/sparkconnect",
                "sparkconnect.service.name", "test");
    }

    public void publish(FakeSparkServer... servers) throws Exception {
        List<RegistryChange> changes = new ArrayList<>();
        for (FakeSparkServer server : servers) {
            changes.add(new RegistryChange.PutServer(record(server, "default", ServerState.READY, 60)));
        }
        master.commit(changes);
    }

    public void publishInPool(String pool, FakeSparkServer... servers) throws Exception {
        List<RegistryChange> changes = new ArrayList<>();
        for (FakeSparkServer server : servers) {
            changes.add(new RegistryChange.PutServer(record(server, pool, ServerState.READY, 60)));
        }
        master.commit(changes);
    }

    /** An operator wishes these pools and this routing. */
    public void wish(PoolRouting routing, String... pools) throws Exception {
        Map<String, PoolSpec> specs = new HashMap<>();
        for (String pool : pools) {
            specs.put(pool, PoolSpec.builder(pool).spark("/opt/spark", null).build());
        }
        ServiceSpec first = new ServiceSpec(1, "test", "ann", DesiredState.RUNNING, 0, specs, Map.of());
        if (!operator.createSpec(first.withRouting(routing))) {
            operator.updateSpec(now -> now.withPools(specs).withRouting(routing).next(0, "ann", "other pools"));
        }
    }

    /** What the living proxies say of themselves. */
    public List<ProxyRecord> proxies() throws Exception {
        return operator.readProxies();
    }

    public void publish(FakeSparkServer server, ServerState state, int sessionsLimit) throws Exception {
        master.commit(List.of(new RegistryChange.PutServer(record(server, "default", state, sessionsLimit))));
    }

    /** Everything is deleted by somebody who should not have, but for the proxies' own nodes, which they would make again. */
    public void wipe() throws Exception {
        for (String child : bare.getChildren(PATHS.root(), false)) {
            if (!child.equals("proxies")) {
                ZKUtil.deleteRecursive(bare, PATHS.root() + "/" + child);
            }
        }
    }

    /** The next attempt of the ApplicationMaster begins, knowing nothing of the one before. */
    public void nextAttempt() throws Exception {
        master.close();
        master = newMaster();
        master.claim(++attempt);
    }

    /** Takes the server out and says why, in one transaction. */
    public void certify(FakeSparkServer server, DeathCause cause, int exitStatus) throws Exception {
        certify(new DeathCertificate(
                server.id(),
                "default",
                "slot-" + server.id(),
                "node7:45454",
                cause,
                exitStatus,
                "",
                List.of(),
                null,
                "http://node7:8042/logs/" + server.id(),
                System.currentTimeMillis()));
    }

    /** The same with all that the ApplicationMaster has found out. */
    public void certify(DeathCertificate death) throws Exception {
        master.commit(List.of(new RegistryChange.RemoveServer(death.serverId()), new RegistryChange.PutDeath(death)));
    }

    /** The ApplicationMaster tells how the service is. */
    public void tell(ServiceStatus status) throws Exception {
        master.commit(List.of(new RegistryChange.PutStatus(status)));
    }

    @Override
    public void close() throws InterruptedException {
        master.close();
        operator.close();
        connection.close();
        bare.close();
        zooKeeper.close();
    }

    private ZooKeeperApplicationMasterRegistry newMaster() {
        return new ZooKeeperApplicationMasterRegistry(connection, PATHS, "application_1_0001");
    }

    private static ServerRecord record(FakeSparkServer server, String pool, ServerState state, int sessionsLimit) {
        return new ServerRecord(
                server.id(),
                "instance-" + server.id(),
                "127.0.0.1",
                server.port(),
                pool,
                "4.3.0",
                state,
                new ServerLoad(-1, -1, 0, 0),
                sessionsLimit,
                "slot-" + server.id(),
                "node7:45454",
                null,
                null,
                System.currentTimeMillis());
    }
}
