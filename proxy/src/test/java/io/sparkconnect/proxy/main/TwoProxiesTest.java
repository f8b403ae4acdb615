/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.FakeSparkServer;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.ProxyProcess;
import io.sparkconnect.proxy.testkit.PublishedFleet;
import io.sparkconnect.proxy.testkit.WireClient;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperOperatorRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two proxies as processes, on one real ZooKeeper, in front of three servers. */
class TwoProxiesTest {
    private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(4);
    private static final Duration SOON = Duration.ofSeconds(90);

    private final List<AutoCloseable> parts = new ArrayList<>();
    private PublishedFleet fleet;
    private FakeSparkServer[] servers;
    private Proxy one;
    private Proxy other;

    /** A process and a client of it. */
    private record Proxy(ProxyProcess process, WireClient client) {
        private String serverOf(UUID session) {
            return client.call("Config", request(session)).message();
        }

        private List<String> serversOf(List<UUID> sessions) {
            List<CompletableFuture<WireClient.Answer>> begun = sessions.stream()
                    .map(session -> client.begin("Config", request(session)))
                    .toList();
            return begun.stream()
                    .map(call -> call.orTimeout(60, TimeUnit.SECONDS).join().message())
                    .toList();
        }
    }

    @BeforeEach
    void start() throws Exception {
        fleet = add(PublishedFleet.open());
        servers = new FakeSparkServer[] {
            add(FakeSparkServer.start("container_1")),
            add(FakeSparkServer.start("container_2")),
            add(FakeSparkServer.start("container_3"))
        };
        fleet.publish(servers);
        one = startProxy();
        other = startProxy();
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = parts.size() - 1; i >= 0; i--) {
            parts.get(i).close();
        }
    }

    @Test
    void sendASessionToTheSameServerWhicheverItComesThroughAndLoseNoBindingWhenOneIsKilled() throws Exception {
        List<UUID> sessions = newSessions(60);
        List<CompletableFuture<WireClient.Answer>> atOne = new ArrayList<>();
        List<CompletableFuture<WireClient.Answer>> atOther = new ArrayList<>();
        for (UUID session : sessions) { // both at once
            atOne.add(one.client.begin("Config", request(session)));
            atOther.add(other.client.begin("ExecutePlan", request(session)));
        }
        List<String> homes = messages(atOne);
        assertThat(messages(atOther)).isEqualTo(homes);
        assertThat(new HashSet<>(homes)).hasSize(3);

        one.process.kill();

        assertThat(other.serversOf(sessions)).isEqualTo(homes);
        assertThat(startProxy().serversOf(sessions)).isEqualTo(homes);
    }

    @Test
    void goOnWhileZooKeeperIsAwayPlaceAlikeAndWriteItDownWhenItIsBack() throws Exception {
        List<UUID> known = newSessions(20);
        List<String> homes = one.serversOf(known);
        fleet.zooKeeper().stop();
        await().atMost(SOON)
                .until(() -> one.process.metric("registry_connected") == 0
                        && other.process.metric("registry_connected") == 0);

        // Minutes, compressed: more than two time-outs of the registry's sessions.
        await().atMost(SOON)
                .during(SESSION_TIMEOUT.multipliedBy(2).plusSeconds(1))
                .until(() -> one.serversOf(known).equals(homes));
        List<UUID> placed = newSessions(50);
        List<String> placedOn = new ArrayList<>(one.serversOf(placed.subList(0, 25)));
        placedOn.addAll(other.serversOf(placed.subList(25, 50)));
        assertThat(other.serversOf(placed.subList(0, 25))).isEqualTo(placedOn.subList(0, 25));
        assertThat(one.serversOf(placed.subList(25, 50))).isEqualTo(placedOn.subList(25, 50));
        assertThat(other.serversOf(known))
                .as("located by asking, for this one had never seen them")
                .isEqualTo(homes);
        assertThat(new HashSet<>(placedOn)).hasSize(3);

        fleet.zooKeeper().restart();
        await().atMost(SOON)
                .until(() -> one.process.metric("unwritten_bindings") == 0
                        && other.process.metric("unwritten_bindings") == 0
                        && one.process.metric("registry_connected") == 1
                        && other.process.metric("registry_connected") == 1);

        Proxy fresh = startProxy();
        assertThat(fresh.serversOf(known)).isEqualTo(homes);
        assertThat(fresh.serversOf(placed)).isEqualTo(placedOn);
        assertThat(one.process.metric("routing_total{event=\"binding_conflicts\"}"))
                .isZero();
        assertThat(other.process.metric("routing_total{event=\"binding_conflicts\"}"))
                .isZero();
    }

    @Test
    void raiseTheAlarmWhenTheRegistryIsWipedAndRemoveNothingThatAnswers() throws Exception {
        List<UUID> sessions = newSessions(30);
        List<String> homes = one.serversOf(sessions);
        assertThat(one.process.admin("/readyz").body()).isEqualTo("ready\n");

        fleet.wipe();
        for (Proxy proxy : List.of(one, other)) {
            await().atMost(SOON).until(() -> proxy.process.metric("registry_alarm") == 1);
            assertThat(proxy.process.admin("/readyz").body())
                    .startsWith("ready\nalarm: the registry has lost 3 server(s) that are still in use: container_1, ");
            await().atMost(SOON)
                    .until(() -> proxy.process.log().stream()
                            .anyMatch(line -> line.contains("ERROR") && line.contains("lists no server any more")));
        }

        assertThat(one.serversOf(sessions)).isEqualTo(homes);
        UUID fresh = UUID.randomUUID();
        assertThat(other.serverOf(fresh)).startsWith("container_");
        assertThat(one.serverOf(fresh)).isEqualTo(other.serverOf(fresh));

        fleet.nextAttempt();
        fleet.publish(servers);
        await().atMost(SOON).until(() -> one.process.metric("registry_alarm") == 0);
        await().atMost(SOON).until(() -> one.process.metric("routing_total{event=\"bindings_restored\"}") >= 30);
        await().atMost(SOON).until(() -> one.process.metric("unwritten_bindings") == 0);
        assertThat(startProxy().serversOf(sessions)).isEqualTo(homes);
    }

    @Test
    void raiseTheAlarmWhenRecordsAreGarbageAndGoOnWithWhatTheySaid() throws Exception {
        List<UUID> sessions = newSessions(12);
        List<String> homes = one.serversOf(sessions);
        ZooKeeper handle = fleet.bare();
        byte[] good = handle.getData(PublishedFleet.PATHS.server("container_2"), false, null);

        handle.setData(PublishedFleet.PATHS.server("container_2"), "{oops".getBytes(UTF_8), -1);
        handle.delete(PublishedFleet.PATHS.server("container_3"), -1);
        await().atMost(SOON)
                .until(() -> one.process
                        .admin("/readyz")
                        .body()
                        .equals("ready\nalarm: the registry has lost 1 server(s) that are still in use: container_3; "
                                + "the registry's record of 1 server(s) cannot be read: container_2\n"));

        assertThat(one.serversOf(sessions)).isEqualTo(homes);

        handle.setData(PublishedFleet.PATHS.server("container_2"), good, -1);
        fleet.nextAttempt();
        fleet.publish(servers);
        await().atMost(SOON).until(() -> one.process.metric("registry_alarm") == 0);
        assertThat(one.serversOf(sessions)).isEqualTo(homes);
    }

    @Test
    void locateASessionWhoseBindingIsLostOrSpoilt() throws Exception {
        UUID lost = UUID.randomUUID();
        UUID spoilt = UUID.randomUUID();
        String homeOfLost = one.serverOf(lost);
        String homeOfSpoilt = one.serverOf(spoilt);
        ZooKeeper handle = fleet.bare();
        handle.delete(PublishedFleet.PATHS.session(new SessionKey("tester", lost.toString())), -1);
        handle.setData(
                PublishedFleet.PATHS.session(new SessionKey("tester", spoilt.toString())), "{oops".getBytes(UTF_8), -1);

        byte[] seen = Grpc.with(request(lost), 8, "server-side-id"); // Config's client_observed_server_side_session_id
        assertThat(other.client.call("Config", seen).message()).isEqualTo(homeOfLost);
        assertThat(other.serverOf(spoilt))
                .as("though the request does not say so")
                .isEqualTo(homeOfSpoilt);

        byte[] unknown = Grpc.with(request(UUID.randomUUID()), 8, "server-side-id");
        assertThat(other.client.call("Config", unknown).text()).contains("[INVALID_HANDLE.SESSION_CHANGED]");
    }

    @Test
    void endASessionThatAnOperatorKilledAndSaySoToItsClientWhicheverItComesThrough() throws Exception {
        UUID doomed = UUID.randomUUID();
        UUID spared = UUID.randomUUID();
        String home = one.serverOf(doomed);
        assertThat(other.serverOf(doomed)).isEqualTo(home);
        String homeOfSpared = other.serverOf(spared);
        FakeSparkServer server = serverCalled(home);
        assertThat(server.sessions()).contains(doomed.toString());

        SessionKey key = new SessionKey("tester", doomed.toString());
        try (ZooKeeperConnection connection = fleet.zooKeeper().connect();
                ZooKeeperOperatorRegistry operator =
                        new ZooKeeperOperatorRegistry(connection, "/sparkconnect", "test")) {
            SessionBinding binding = new SessionBinding(key.userId(), key.sessionId(), home, 0, 0);
            for (SessionKill kill : SessionKill.of(List.of(binding), 1_790_000_000_000L, "ann", "too greedy")) {
                operator.writeKill(kill);
            }
        }

        for (Proxy proxy : List.of(one, other)) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(
                                    proxy.client.call("Config", request(doomed)).text())
                            .contains("[INVALID_HANDLE.SESSION_CHANGED]", "ended by operator ann", "too greedy"));
            assertThat(proxy.client.call("ReleaseSession", request(doomed)).code())
                    .isZero();
            assertThat(proxy.serverOf(spared)).isEqualTo(homeOfSpared);
        }
        await().atMost(SOON).until(() -> !server.sessions().contains(doomed.toString()));
        await().atMost(SOON).until(() -> fleet.bare().exists(PublishedFleet.PATHS.session(key), false) == null);
        assertThat(startProxy().client.call("Config", request(doomed)).text())
                .as("a proxy that starts later")
                .contains("ended by operator ann");
    }

    private FakeSparkServer serverCalled(String id) {
        return Arrays.stream(servers)
                .filter(server -> server.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private Proxy startProxy() throws Exception {
        Map<String, String> settings = new HashMap<>(fleet.settings());
        settings.put("sparkconnect.zookeeper.session.timeout", SESSION_TIMEOUT.toSeconds() + "s");
        ProxyProcess process = add(ProxyProcess.start(settings));
        process.awaitReady(3);
        return new Proxy(process, add(new WireClient(process.address())));
    }

    private static List<String> messages(List<CompletableFuture<WireClient.Answer>> calls) {
        return calls.stream()
                .map(call -> call.orTimeout(60, TimeUnit.SECONDS).join().message())
                .toList();
    }

    private static List<UUID> newSessions(int count) {
        return IntStream.range(0, count).mapToObj(i -> UUID.randomUUID()).toList();
    }

    private static byte[] request(UUID session) {
        return Grpc.request(session.toString(), "x");
    }

    private <T extends AutoCloseable> T add(T part) {
        parts.add(part);
        return part;
    }
}
