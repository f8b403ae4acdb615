/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryDeniedException;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.SessionTable;
import io.sparkconnect.registry.SpecChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ZooKeeperOperatorRegistryTest {
    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final ZooKeeperConnection connection = zooKeeper.connect();
    private final ZooKeeperOperatorRegistry registry =
            new ZooKeeperOperatorRegistry(connection, "/company/sparkconnect", "test");

    @AfterEach
    void close() {
        registry.close();
        connection.close();
        zooKeeper.close();
    }

    @Test
    void createsAServiceOnce() throws Exception {
        assertThat(registry.readSpec()).isEmpty();
        assertThat(registry.createSpec(Records.spec("test"))).isTrue();
        assertThat(registry.createSpec(Records.spec("test"))).isFalse();

        assertThat(registry.readSpec()).contains(Records.spec("test"));
        assertThat(registry.listServices()).containsExactly("test");
    }

    @Test
    void aServiceThatIsNotThereIsNotChanged() throws Exception {
        assertThat(registry.updateSpec(spec -> spec.stopped(0))).isEmpty();
        assertThat(registry.readStatus()).isEmpty();
        assertThat(registry.readDeaths()).isEmpty();
        assertThat(registry.readProxies()).isEmpty();
        assertThat(registry.listServices()).isEmpty();
        registry.removeService();
    }

    @Test
    void writesAKillOnceForTheProxiesToSeeAndForgetsItWithTheService() throws Exception {
        SessionKill kill = SessionKill.of(
                        List.of(Records.binding("s-1", "server-1"), Records.binding("s-2", "server-2")),
                        5,
                        "ann",
                        "why")
                .get(0);
        try (ZooKeeperServerDirectory directory =
                new ZooKeeperServerDirectory(connection, RegistryPaths.of("/company/sparkconnect", "test"))) {
            await().until(() -> directory.snapshot().connected());
            assertThat(directory.snapshot().kills()).isEmpty();

            registry.writeKill(kill);
            registry.writeKill(kill);

            assertThat(registry.readKills()).containsExactly(kill);
            await().until(() -> directory.snapshot().kills().equals(Map.of(kill.killId(), kill)));

            registry.removeService();

            assertThat(registry.readKills()).isEmpty();
        }
    }

    @Test
    void killsManySessionsInParts() {
        List<SessionBinding> many = IntStream.range(0, 2500)
                .mapToObj(i -> Records.binding("s-" + i, "server-1"))
                .toList();

        List<SessionKill> parts = SessionKill.of(many, 5, "ann", null);

        assertThat(parts).extracting(part -> part.sessions().size()).containsExactly(1000, 1000, 500);
        assertThat(parts).extracting(SessionKill::killId).doesNotHaveDuplicates();
        assertThat(parts).allSatisfy(part -> assertThat(JsonCodec.encode(part)).hasSizeLessThan(500_000));
    }

    @Test
    void noChangeOfCommandsAtTheSameTimeIsLost() throws Exception {
        registry.createSpec(Records.spec("test"));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> commands = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                commands.add(threads.submit(() -> {
                    for (int change = 0; change < 25; change++) {
                        registry.updateSpec(spec -> spec.stopped(0));
                    }
                    return null;
                }));
            }
            for (Future<?> command : commands) {
                command.get();
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(registry.readSpec().orElseThrow().generation()).isEqualTo(101);
    }

    @Test
    void aChangeKeepsTheFieldsOfOtherVersions() throws Exception {
        registry.createSpec(Records.spec("test"));
        String path = "/company/sparkconnect/test/spec";
        String json = new String(connection.handle().getData(path, false, null), UTF_8);
        connection
                .handle()
                .setData(path, json.replaceFirst("\\{", "{\"colour\":\"blue\",").getBytes(UTF_8), -1);

        ServiceSpec changed = registry.updateSpec(spec -> spec.stopped(5)).orElseThrow();

        assertThat(changed.desired()).isEqualTo(DesiredState.STOPPED);
        assertThat(new String(connection.handle().getData(path, false, null), UTF_8))
                .contains("\"colour\":\"blue\"")
                .contains("\"generation\":2");
    }

    @Test
    void aChangeThatChangesNothingWritesNothing() throws Exception {
        registry.createSpec(Records.spec("test"));

        assertThat(registry.updateSpec(spec -> spec)).contains(Records.spec("test"));

        assertThat(connection
                        .handle()
                        .exists("/company/sparkconnect/test/spec", false)
                        .getVersion())
                .isZero();
    }

    @Test
    void ordersSurviveTheirWayThroughTheRegistryAndCanBeTakenBack() throws Exception {
        registry.createSpec(Records.spec("test"));
        DrainOrder order = new DrainOrder(5, 1000, "ann");

        registry.updateSpec(spec -> spec.withOrders(
                        spec.ordersOrNone().drainServer("c1", order).drainNode("n1:1", order))
                .next(5, "ann", "drain"));
        Orders drained = registry.readSpec().orElseThrow().ordersOrNone();
        registry.updateSpec(
                spec -> spec.withOrders(spec.ordersOrNone().undrainServer("c1").undrainNode("n1:1"))
                        .next(6, "bob", "undrain"));

        assertThat(drained.drainedServers()).containsExactly(Map.entry("c1", order));
        assertThat(drained.drainedNodes()).containsExactly(Map.entry("n1:1", order));
        Orders after = registry.readSpec().orElseThrow().ordersOrNone();
        assertThat(after.drainedServers()).isEmpty();
        assertThat(after.drainedNodes()).isEmpty();
        assertThat(after.history())
                .containsExactly(new SpecChange(2, 5, "ann", "drain"), new SpecChange(3, 6, "bob", "undrain"));
    }

    @Test
    void listsTheSessionsOfABucket() throws Exception {
        registry.createSpec(Records.spec("test"));
        RegistryPaths paths = RegistryPaths.of("/company/sparkconnect", "test");
        SessionBinding binding = Records.binding("s1", "c1");
        SessionKey key = new SessionKey(binding.userId(), binding.sessionId());
        try (ZooKeeperSessionTable table = new ZooKeeperSessionTable(connection, paths, Duration.ofSeconds(10))) {
            table.bindIfAbsent(binding).get();
        }

        int bucket = Integer.parseInt(key.hash().substring(0, 2), 16);

        assertThat(registry.readSessions(bucket)).containsExactly(binding);
        assertThat(registry.readSessions((bucket + 1) % SessionTable.BUCKETS)).isEmpty();
    }

    @Test
    void saysThatTheCommandMayNotChangeTheSpec() throws Exception {
        registry.createSpec(Records.spec("test"));
        connection.handle().setACL("/company/sparkconnect/test/spec", ZooDefs.Ids.READ_ACL_UNSAFE, -1);

        assertThatThrownBy(() -> registry.updateSpec(spec -> spec.stopped(0)))
                .isInstanceOf(RegistryDeniedException.class)
                .hasMessageContaining("/company/sparkconnect/test/spec");
    }

    @Test
    void saysWhichNodeIsGarbage() throws Exception {
        registry.createSpec(Records.spec("test"));
        connection.handle().setData("/company/sparkconnect/test/spec", "[]".getBytes(UTF_8), -1);

        assertThatThrownBy(registry::readSpec)
                .isInstanceOf(RegistryDataException.class)
                .hasMessageContaining("/company/sparkconnect/test/spec");
    }

    @Test
    void saysWhichZooKeeperIsAway() throws Exception {
        zooKeeper.stop();
        try (ZooKeeperConnection impatient =
                ZooKeeperConnection.open(zooKeeper.quorum(), Duration.ofSeconds(6), Duration.ofMillis(300))) {
            ZooKeeperOperatorRegistry away = new ZooKeeperOperatorRegistry(impatient, "/sparkconnect", "test");

            assertThatThrownBy(away::readSpec)
                    .isInstanceOf(RegistryAwayException.class)
                    .hasMessageContaining(zooKeeper.quorum())
                    .hasMessageContaining("300 ms");
        }
    }

    @Test
    void refusesAQuorumThatIsNone() {
        assertThatThrownBy(() -> ZooKeeperConnection.open("host:port:x", Duration.ofSeconds(6), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host:port:x");
    }
}
