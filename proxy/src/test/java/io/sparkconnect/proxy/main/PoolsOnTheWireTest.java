/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.FakeSparkServer;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.PublishedFleet;
import io.sparkconnect.proxy.testkit.WireClient;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.UserRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two pools behind one address: real sockets, a real ZooKeeper, two whole proxies. */
class PoolsOnTheWireTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final PoolRouting NO_RULES = new PoolRouting("default", List.of());

    private final List<AutoCloseable> parts = new ArrayList<>();
    private PublishedFleet fleet;
    private RunningProxy one;
    private RunningProxy other;

    @BeforeEach
    void start() throws Exception {
        fleet = add(PublishedFleet.open());
        fleet.wish(NO_RULES, "default", "etl");
        fleet.publishInPool("default", add(FakeSparkServer.start("default-0")));
        one = add(RunningProxy.inFrontOf(fleet, Map.of()));
        other = add(RunningProxy.inFrontOf(fleet, Map.of()));
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = parts.size() - 1; i >= 0; i--) {
            parts.get(i).close();
        }
    }

    @Test
    void aSessionIsWhereItsFirstRequestAskedWhicheverProxyAndHeaderComeLater() throws Exception {
        fleet.publishInPool("etl", add(FakeSparkServer.start("etl-0")), add(FakeSparkServer.start("etl-1")));
        List<UUID> sessions = new ArrayList<>();
        List<String> homes = new ArrayList<>();

        for (int i = 0; i < 20; i++) {
            UUID session = UUID.randomUUID();
            sessions.add(session);
            homes.add(call(one, "etl", session).message());
            assertThat(call(one, null, UUID.randomUUID()).message()).isEqualTo("default-0");
        }

        assertThat(homes).contains("etl-0", "etl-1").allMatch(home -> home.startsWith("etl-"));
        for (int i = 0; i < 20; i++) {
            assertThat(call(other, null, sessions.get(i)).message()).isEqualTo(homes.get(i));
            assertThat(call(one, "default", sessions.get(i)).message()).isEqualTo(homes.get(i));
        }
        assertThat(one.metric("pool_sessions{pool=\"etl\"}")).isEqualTo(20);
        assertThat(one.metric("pool_ready_servers{pool=\"etl\"}")).isEqualTo(2);
        assertThat(one.metric("pool_ready_servers{pool=\"default\"}")).isEqualTo(1);
        assertThat(one.sessions()).contains("\"pool\" : \"etl\"");
    }

    @Test
    void aKeyThatIsNearlyXPoolIsCountedOnceForAConnectionAndGetsTheDefaultPool() throws Exception {
        WireClient mistyping = add(new WireClient(one.address(), Map.of("x-pol", "etl", "x-request-id", "7")));

        for (int i = 0; i < 10; i++) {
            assertThat(mistyping.call("Config", request(UUID.randomUUID())).message())
                    .isEqualTo("default-0");
        }

        assertThat(one.metric("routing_total{event=\"mistyped_pool\"}")).isBetween(1L, 5L);
        assertThat(other.metric("routing_total{event=\"mistyped_pool\"}")).isZero();
    }

    @Test
    void twoProxiesAgreeOnTheServerOfAPoolWhenBothAreAskedAtOnce() throws Exception {
        fleet.publishInPool("etl", add(FakeSparkServer.start("etl-0")), add(FakeSparkServer.start("etl-1")));
        WireClient atOne = client(one, "etl");
        WireClient atOther = client(other, "default");
        for (int i = 0; i < 30; i++) {
            UUID session = UUID.randomUUID();

            CompletableFuture<WireClient.Answer> first = atOne.begin("Config", request(session));
            CompletableFuture<WireClient.Answer> second = atOther.begin("Config", request(session));

            assertThat(message(first)).isEqualTo(message(second));
        }
    }

    @Test
    void aHeldSessionIsToldByPoolInTheRegistryAndGoesWhereItsPoolsServerComes() throws Exception {
        UUID session = UUID.randomUUID();
        CompletableFuture<WireClient.Answer> held = client(one, "etl").begin("Config", request(session));

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(fleet.proxies())
                        .anySatisfy(proxy -> assertThat(proxy.heldSessions()).isEqualTo(Map.of("etl", 1))));
        assertThat(one.metric("pool_held_sessions{pool=\"etl\"}")).isEqualTo(1);
        assertThat(call(one, null, UUID.randomUUID()).message())
                .as("others do not wait behind it")
                .isEqualTo("default-0");

        fleet.publishInPool("etl", add(FakeSparkServer.start("etl-0")));

        assertThat(message(held)).isEqualTo("etl-0");
        await().atMost(SOON).until(() -> one.metric("pool_held_sessions{pool=\"etl\"}") == 0);
    }

    @Test
    void rulesOnUsersHoldAsSoonAsTheyAreWished() throws Exception {
        fleet.publishInPool("etl", add(FakeSparkServer.start("etl-0")));
        WireClient plain = client(one, null);
        assertThat(plain.call("Config", Grpc.request("s-0", "etl-nightly", new byte[0]))
                        .message())
                .isEqualTo("default-0");

        fleet.wish(new PoolRouting("default", List.of(new UserRule("etl-*", "etl"))), "default", "etl");

        await().atMost(SOON)
                .until(() -> plain.call(
                                "Config", Grpc.request(UUID.randomUUID().toString(), "etl-nightly", new byte[0]))
                        .message()
                        .equals("etl-0"));
        assertThat(plain.call("Config", Grpc.request("s-0", "etl-nightly", new byte[0]))
                        .message())
                .as("who has a server keeps it")
                .isEqualTo("default-0");
        assertThat(plain.call("Config", Grpc.request(UUID.randomUUID().toString(), "ann", new byte[0]))
                        .message())
                .isEqualTo("default-0");
    }

    @Test
    void aPoolThatIsNotThereIsRefusedWithTheNamesOfThoseThatAre() throws Exception {
        WireClient.Answer answer = call(one, "elt", UUID.randomUUID());

        assertThat(answer.code()).isEqualTo(3);
        assertThat(answer.text())
                .isEqualTo("x-pool: there is no pool elt (did you mean etl? there are: default, etl).");
        assertThat(one.metric("routing_total{event=\"unknown_pool\"}")).isEqualTo(1);
    }

    @Test
    void aProxyWithoutZooKeeperKnowsThePoolsOfItsListedServers() throws Exception {
        FakeSparkServer plain = add(FakeSparkServer.start("plain"));
        FakeSparkServer etl = add(FakeSparkServer.start("etl"));
        RunningProxy alone = add(RunningProxy.standAlone(
                Map.of("servers", "127.0.0.1:" + plain.port() + ",127.0.0.1:" + etl.port() + "*2@etl")));

        assertThat(call(alone, "etl", UUID.randomUUID()).message()).isEqualTo("etl");
        assertThat(call(alone, null, UUID.randomUUID()).message()).isEqualTo("plain");
        assertThat(call(alone, "other", UUID.randomUUID()).text()).contains("there are: default, etl");
    }

    private WireClient.Answer call(RunningProxy proxy, @Nullable String pool, UUID session) throws Exception {
        try (WireClient client = newClient(proxy, pool)) {
            return client.call("Config", request(session));
        }
    }

    private WireClient client(RunningProxy proxy, @Nullable String pool) {
        return add(newClient(proxy, pool));
    }

    private static WireClient newClient(RunningProxy proxy, @Nullable String pool) {
        return new WireClient(proxy.address(), pool == null ? Map.of() : Map.of("x-pool", pool));
    }

    private static byte[] request(UUID session) {
        return Grpc.request(session.toString(), "x");
    }

    private static String message(CompletableFuture<WireClient.Answer> call) {
        return call.orTimeout(60, TimeUnit.SECONDS).join().message();
    }

    private <T extends AutoCloseable> T add(T part) {
        parts.add(part);
        return part;
    }
}
