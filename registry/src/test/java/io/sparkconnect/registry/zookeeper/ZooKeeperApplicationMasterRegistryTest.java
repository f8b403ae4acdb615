/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.SlotRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;

class ZooKeeperApplicationMasterRegistryTest extends TwoAttempts {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void readsBackWhatItCommitted() throws Exception {
        old.claim(1);

        old.commit(List.of(
                new RegistryChange.PutSlot(Records.slot("default-0")),
                new RegistryChange.PutSlot(Records.slot("default-1")),
                new RegistryChange.PutServer(Records.server("c1")),
                new RegistryChange.PutDeath(Records.death("c0"))));
        old.commit(List.of(new RegistryChange.RemoveSlot("default-1"), new RegistryChange.RemoveDeath("never-there")));

        assertThat(old.readSlots()).containsExactly(Records.slot("default-0"));
        assertThat(old.readServers()).containsOnlyKeys("c1");
        assertThat(old.readDeaths()).containsOnlyKeys("c0");
    }

    @Test
    void forgetsKillsThatAreOlderThanTheyAreKeptAndProxiesSeeIt() throws Exception {
        ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test");
        SessionKill stale = killedAt(1_000);
        SessionKill young = killedAt(2_000);
        old.claim(1);
        old.forgetKills(5_000);
        operator.writeKill(stale);
        operator.writeKill(young);
        try (ZooKeeperServerDirectory proxy = new ZooKeeperServerDirectory(second, PATHS)) {
            await().atMost(LONG)
                    .until(() -> proxy.snapshot().kills().keySet().equals(Set.of(stale.killId(), young.killId())));

            old.forgetKills(2_000);

            assertThat(operator.readKills()).containsExactly(young);
            await().atMost(LONG).until(() -> proxy.snapshot().kills().keySet().equals(Set.of(young.killId())));
        }
    }

    @Test
    void anAttemptThatHasBeenReplacedForgetsNoKill() throws Exception {
        ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test");
        SessionKill kill = killedAt(1_000);
        operator.writeKill(kill);
        old.claim(1);
        young.claim(2);

        assertThatThrownBy(() -> old.forgetKills(5_000)).isInstanceOf(FencedOutException.class);

        assertThat(operator.readKills()).containsExactly(kill);
    }

    private static SessionKill killedAt(long ms) {
        return SessionKill.of(List.of(Records.binding("s-" + ms, "server-1")), ms, "ann", "why")
                .get(0);
    }

    @Test
    void tellsOfProxiesThatComeAndChangeAndGo() {
        List<ProxySnapshot> seen = new CopyOnWriteArrayList<>();
        old.onProxies(seen::add);
        await().atMost(LONG).untilAsserted(() -> assertThat(last(seen)).isEqualTo(new ProxySnapshot(Map.of(), true)));

        ProxyRecord quiet = Records.proxy("p1");
        ProxyRecord waitedFor = new ProxyRecord("p1", "a:1", "b:2", 9, 5, 7, 1, Map.of("", 7), Map.of("c1", 5));
        try (ProxyRegistration registration = new ProxyRegistration(second, PATHS, quiet)) {
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(last(seen).proxies()).containsExactly(Map.entry("p1", quiet)));
            registration.update(waitedFor);
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(last(seen).proxies()).containsExactly(Map.entry("p1", waitedFor)));
        }

        await().atMost(LONG)
                .untilAsserted(() -> assertThat(last(seen).proxies()).isEmpty());
    }

    @Test
    void saysThatItKnowsTheProxiesOnlyFromBeforeWhileZooKeeperIsAway() throws Exception {
        List<ProxySnapshot> seen = new CopyOnWriteArrayList<>();
        ProxyRegistration registration = new ProxyRegistration(second, PATHS, Records.proxy("p1"));
        old.onProxies(seen::add);
        await().atMost(LONG)
                .ignoreExceptions()
                .until(() -> !last(seen).proxies().isEmpty());

        zooKeeper.stop();
        await().atMost(LONG).until(() -> !last(seen).connected());
        assertThat(last(seen).proxies()).containsKey("p1");
        zooKeeper.restart();

        await().atMost(LONG).until(() -> last(seen).connected());
        registration.close();
    }

    @Test
    void theNextAttemptKeepsTheFieldsOfOtherVersions() throws Exception {
        old.claim(1);
        old.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));
        ZooKeeper handle = first.handle();
        String json = new String(handle.getData(PATHS.server("c1"), false, null), UTF_8);
        handle.setData(
                PATHS.server("c1"),
                json.replaceFirst("\\{", "{\"colour\":\"blue\",").getBytes(UTF_8),
                -1);

        young.claim(2);
        young.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));

        assertThat(new String(handle.getData(PATHS.server("c1"), false, null), UTF_8))
                .contains("\"colour\":\"blue\"");
    }

    @Test
    void writesAnywayWhenSomebodyTidiedUpByHand() throws Exception {
        old.claim(1);
        old.commit(List.of(
                new RegistryChange.PutServer(Records.server("c1")),
                new RegistryChange.PutServer(Records.server("c2"))));
        first.handle().delete(PATHS.server("c1"), -1);
        first.handle().delete(PATHS.server("c2"), -1);
        first.handle().delete(PATHS.servers(), -1);

        old.commit(List.of(new RegistryChange.PutServer(Records.server("c1")), new RegistryChange.RemoveServer("c2")));

        assertThat(old.readServers()).containsOnlyKeys("c1");
    }

    @Test
    void tellsAWipedRegistryFromATakenOneAndWritesTheSpecAgain() throws Exception {
        try (ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test")) {
            operator.createSpec(Records.spec("test"));
            old.claim(1);
            operator.removeService();

            assertThatThrownBy(() -> old.commit(List.of()))
                    .isInstanceOfSatisfying(
                            FencedOutException.class,
                            e -> assertThat(e.nobodyOwns()).isTrue());
            old.claim(1);
            old.restoreSpec(Records.spec("test"));
            old.restoreSpec(Records.spec("other"));

            assertThat(operator.readSpec()).contains(Records.spec("test"));
            young.claim(2);
            assertThatThrownBy(() -> old.commit(List.of()))
                    .isInstanceOfSatisfying(
                            FencedOutException.class,
                            e -> assertThat(e.nobodyOwns()).isFalse());
        }
    }

    @Test
    void commitsMoreThanOnePacketHolds() throws Exception {
        old.claim(1);
        List<RegistryChange> changes = new ArrayList<>();
        String reason = "because ".repeat(500);
        for (int i = 0; i < 1000; i++) {
            SlotRecord slot = Records.slot("default-" + i);
            changes.add(new RegistryChange.PutSlot(new SlotRecord(
                    slot.slot(),
                    "default",
                    1,
                    1,
                    slot.state(),
                    0,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    0,
                    null,
                    null,
                    null,
                    0,
                    0,
                    0,
                    reason,
                    0)));
        }

        old.commit(changes);

        assertThat(old.readSlots()).hasSize(1000);
    }

    @Test
    void saysThatZooKeeperIsAwayAndGoesOnAfterwards() throws Exception {
        try (ZooKeeperConnection impatient =
                        ZooKeeperConnection.open(zooKeeper.quorum(), Duration.ofSeconds(6), Duration.ofMillis(500));
                ZooKeeperApplicationMasterRegistry master = registry(impatient, Records.APPLICATION)) {
            master.claim(1);
            master.commit(List.of(new RegistryChange.PutServer(Records.server("c1"))));

            zooKeeper.stop();
            assertThatThrownBy(() -> master.commit(List.of(new RegistryChange.PutServer(Records.server("c2")))))
                    .isInstanceOf(RegistryAwayException.class)
                    .hasMessageContaining(zooKeeper.quorum());

            zooKeeper.restart();
            assertThat(impatient.awaitConnected(Duration.ofSeconds(30))).isTrue();
            master.commit(List.of(new RegistryChange.RemoveServer("c1"), new RegistryChange.RemoveServer("c2")));
            assertThat(master.readServers()).isEmpty();
        }
    }

    @Test
    void hearsOfEachSpecChangeAndOfReconnects() throws Exception {
        AtomicInteger told = new AtomicInteger();
        old.onSpecChange(told::incrementAndGet);
        try (ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test")) {
            int before = told.get();
            assertThat(operator.createSpec(Records.spec("test"))).isTrue();
            await().until(() -> told.get() > before);
            assertThat(old.readSpec()).isEqualTo(Records.spec("test"));

            for (int i = 0; i < 3; i++) {
                int now = told.get();
                operator.updateSpec(spec -> spec.stopped(1));
                await().until(() -> told.get() > now);
            }
        }

        int now = told.get();
        zooKeeper.injectSessionExpiry(first);
        await().atMost(Duration.ofSeconds(30)).until(() -> told.get() > now);
    }

    @Test
    void saysWhereTheSpecIsMissing() {
        assertThatThrownBy(old::readSpec)
                .isInstanceOf(RegistryDataException.class)
                .hasMessageContaining("/sparkconnect/test/spec");
    }

    @Test
    void removesTheServiceAndLeavesLivingProxiesRegistered() throws Exception {
        try (ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test");
                ZooKeeperSessionTable table = new ZooKeeperSessionTable(second, PATHS, Duration.ofSeconds(10));
                ProxyRegistration proxy = new ProxyRegistration(second, PATHS, Records.proxy("p1"))) {
            operator.createSpec(Records.spec("test"));
            old.claim(1);
            old.commit(List.of(
                    new RegistryChange.PutSlot(Records.slot("default-0")),
                    new RegistryChange.PutServer(Records.server("c1")),
                    new RegistryChange.PutDeath(Records.death("c0")),
                    new RegistryChange.PutStatus(Records.status(1))));
            table.bindIfAbsent(Records.binding("s1", "c1")).get();
            await().until(() -> operator.readProxies().size() == 1);

            old.removeService();

            assertThat(operator.listServices()).isEmpty();
            assertThat(first.handle().getChildren(PATHS.root(), false)).containsExactly("proxies");
            assertThat(operator.readProxies()).hasSize(1);
        }
        try (ZooKeeperOperatorRegistry operator = new ZooKeeperOperatorRegistry(second, "/sparkconnect", "test")) {
            operator.createSpec(Records.spec("test"));
            old.claim(2);
            old.removeService();
        }
        assertThat(first.handle().getChildren("/sparkconnect", false)).isEmpty();
    }

    private static ProxySnapshot last(List<ProxySnapshot> seen) {
        return seen.get(seen.size() - 1);
    }
}
