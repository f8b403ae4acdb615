/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServicePools;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.UserRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooKeeper;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ZooKeeperServerDirectoryTest {
    private static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "test");

    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final ZooKeeperConnection writing = zooKeeper.connect();
    private final ZooKeeperConnection reading = zooKeeper.connect();
    private final ApplicationMasterRegistry master =
            new ZooKeeperApplicationMasterRegistry(writing, PATHS, Records.APPLICATION);
    private final ZooKeeperServerDirectory directory = new ZooKeeperServerDirectory(reading, PATHS);

    @BeforeEach
    void claim() throws Exception {
        master.claim(1);
    }

    @AfterEach
    void close() {
        directory.close();
        master.close();
        reading.close();
        writing.close();
        zooKeeper.close();
    }

    @Test
    void followsServersDeathsAndStatus() throws Exception {
        master.commit(List.of(
                new RegistryChange.PutServer(Records.server("c1")), new RegistryChange.PutStatus(Records.status(1))));
        eventually().untilAsserted(() -> {
            assertThat(directory.snapshot().connected()).isTrue();
            assertThat(directory.snapshot().servers()).containsOnlyKeys("c1");
            assertThat(directory.snapshot().status()).isEqualTo(Records.status(1));
        });

        master.commit(List.of(new RegistryChange.PutStatus(Records.status(2))));
        eventually()
                .untilAsserted(() -> assertThat(directory.snapshot().status()).isEqualTo(Records.status(2)));
    }

    @Test
    void followsThePoolsOfTheSpecAndWhoGoesWhere() throws Exception {
        ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(writing, "/sparkconnect", "test");
        ServiceSpec spec = Records.spec("test");
        operator.createSpec(spec);
        eventually()
                .untilAsserted(() -> assertThat(directory.snapshot().pools())
                        .isEqualTo(new ServicePools(Set.of("default"), new PoolRouting("default", List.of()))));

        PoolRouting routing = new PoolRouting("etl", List.of(new UserRule("ann", "default")));
        operator.updateSpec(now -> now.withPool(PoolSpec.builder("etl").build())
                .withRouting(routing)
                .next(0, "ann", "another pool"));

        ServicePools two = new ServicePools(Set.of("default", "etl"), routing);
        eventually()
                .untilAsserted(() -> assertThat(directory.snapshot().pools()).isEqualTo(two));
        writing.handle().setData(PATHS.spec(), "{oops".getBytes(UTF_8), -1);
        master.commit(List.of(new RegistryChange.PutServer(Records.server("later"))));
        eventually().until(() -> directory.snapshot().servers().containsKey("later"));
        assertThat(directory.snapshot().pools())
                .as("what cannot be read changes nothing")
                .isEqualTo(two);
    }

    @Test
    void whoeverVanishesHasItsDeathCertificateInTheSameSnapshot() throws Exception {
        List<ServerSnapshot> seen = new CopyOnWriteArrayList<>();
        directory.addListener(seen::add);
        for (int i = 0; i < 20; i++) {
            master.commit(List.of(new RegistryChange.PutServer(Records.server("c" + i))));
        }
        eventually().until(() -> directory.snapshot().servers().size() == 20);

        for (int i = 0; i < 20; i++) {
            master.commit(List.of(
                    new RegistryChange.RemoveServer("c" + i), new RegistryChange.PutDeath(Records.death("c" + i))));
        }
        eventually().until(() -> directory.snapshot().servers().isEmpty());

        boolean allWereThere = false;
        for (ServerSnapshot snapshot : seen) {
            allWereThere |= snapshot.servers().size() == 20;
            if (allWereThere) {
                assertThat(snapshot.servers().size() + snapshot.deaths().size()).isGreaterThanOrEqualTo(20);
            }
        }
    }

    @Test
    void manyServersAtOnceAreFewSnapshots() throws Exception {
        List<ServerSnapshot> seen = new CopyOnWriteArrayList<>();
        directory.addListener(seen::add);
        List<RegistryChange> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(new RegistryChange.PutServer(Records.server("c" + i)));
        }

        master.commit(all);

        eventually().until(() -> directory.snapshot().servers().size() == 200);
        assertThat(seen).hasSizeLessThan(20);
    }

    @Test
    void garbageHidesNoServerThatWasKnownAndIsNamed() throws Exception {
        master.commit(List.of(
                new RegistryChange.PutServer(Records.server("good")),
                new RegistryChange.PutServer(Records.server("bad"))));
        eventually().until(() -> directory.snapshot().servers().size() == 2);
        ZooKeeper handle = writing.handle();

        handle.setData(PATHS.server("bad"), "{oops".getBytes(UTF_8), -1);
        handle.create(
                PATHS.server("no-port"),
                "{\"serverId\":\"no-port\",\"host\":\"h\"}".getBytes(UTF_8),
                AsyncZooKeeper.ACCESS,
                CreateMode.PERSISTENT);
        handle.create(PATHS.server("empty"), new byte[0], AsyncZooKeeper.ACCESS, CreateMode.PERSISTENT);
        master.commit(List.of(new RegistryChange.PutServer(Records.server("later"))));

        eventually()
                .untilAsserted(
                        () -> assertThat(directory.snapshot().servers()).containsOnlyKeys("good", "later", "bad"));
        assertThat(directory.snapshot().servers().get("bad")).isEqualTo(Records.server("bad"));
        assertThat(directory.snapshot().unreadable()).containsExactlyInAnyOrder("bad", "no-port", "empty");

        handle.delete(PATHS.server("no-port"), -1);
        master.commit(List.of(new RegistryChange.PutServer(Records.server("bad"))));
        eventually()
                .untilAsserted(
                        () -> assertThat(directory.snapshot().unreadable()).containsOnly("empty"));
        assertThat(directory.snapshot().servers()).containsOnlyKeys("good", "later", "bad");
    }

    @Test
    void keepsTheLastSnapshotWhileZooKeeperIsAwayAndRefreshesItAfterwards() throws Exception {
        master.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));
        eventually().until(() -> directory.snapshot().servers().containsKey("c1"));

        zooKeeper.stop();
        eventually().until(() -> !directory.snapshot().connected());
        assertThat(directory.snapshot().servers()).containsOnlyKeys("c1");

        zooKeeper.restart();
        eventually().until(() -> directory.snapshot().connected());
        assertThat(directory.snapshot().servers()).containsOnlyKeys("c1");
        assertThat(writing.awaitConnected(Duration.ofSeconds(30))).isTrue();
        master.commit(List.of(new RegistryChange.PutServer(Records.server("c2"))));
        eventually()
                .untilAsserted(() -> assertThat(directory.snapshot().servers()).containsOnlyKeys("c1", "c2"));
    }

    @Test
    void followsOnAfterItsSessionExpired() throws Exception {
        master.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));
        eventually().until(() -> directory.snapshot().servers().containsKey("c1"));

        zooKeeper.injectSessionExpiry(reading);
        master.commit(List.of(new RegistryChange.PutServer(Records.server("c2"))));

        eventually().untilAsserted(() -> {
            assertThat(directory.snapshot().servers()).containsOnlyKeys("c1", "c2");
            assertThat(directory.snapshot().connected()).isTrue();
        });
        master.commit(List.of(new RegistryChange.RemoveServer("c1")));
        eventually()
                .untilAsserted(() -> assertThat(directory.snapshot().servers()).containsOnlyKeys("c2"));
    }

    @Test
    void aListenerThatFailsDoesNotStopTheOthers() throws Exception {
        List<ServerSnapshot> seen = new CopyOnWriteArrayList<>();
        directory.addListener(snapshot -> {
            throw new IllegalStateException("a broken listener");
        });
        directory.addListener(seen::add);

        master.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));

        eventually()
                .until(() ->
                        seen.stream().anyMatch(snapshot -> snapshot.servers().containsKey("c1")));
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(30));
    }
}
