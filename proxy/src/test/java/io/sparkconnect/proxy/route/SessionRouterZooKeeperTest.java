/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryChange;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.zookeeper.ZooKeeperApplicationMasterRegistry;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperFixture;
import io.sparkconnect.registry.zookeeper.ZooKeeperServerDirectory;
import io.sparkconnect.registry.zookeeper.ZooKeeperSessionTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two proxies on one real ZooKeeper. */
class SessionRouterZooKeeperTest {
    private static final RegistryPaths PATHS = RegistryPaths.of("/sparkconnect", "test");
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int MOST_HELD = 100;

    private final ZooKeeperFixture zooKeeper = ZooKeeperFixture.start();
    private final EventExecutorGroup loops = new DefaultEventExecutorGroup(4);
    private final ZooKeeperConnection connection = zooKeeper.connect();
    private final ZooKeeperApplicationMasterRegistry am =
            new ZooKeeperApplicationMasterRegistry(connection, PATHS, "application_1_0001");
    private final Proxy one = new Proxy();
    private final Proxy other = new Proxy();

    /** What makes a proxy, without its relay; servers say that they hold nothing. */
    private final class Proxy implements AutoCloseable {
        private final ZooKeeperConnection own = zooKeeper.connect();
        private final ZooKeeperServerDirectory directory = new ZooKeeperServerDirectory(own, PATHS);
        private final ZooKeeperSessionTable table = new ZooKeeperSessionTable(own, PATHS, Duration.ofSeconds(5));
        private final SessionRouter router = SessionRouter.start(
                RouterSettings.builder().maxHeld(MOST_HELD).build(),
                directory,
                table,
                (backend, request) -> CompletableFuture.completedFuture(
                        new SessionLocator.ProbeAnswer(13, "[INVALID_HANDLE.SESSION_NOT_FOUND]")),
                null);

        private CompletableFuture<RoutingDecision> route(RequestHead head) {
            CompletableFuture<RoutingDecision> decision = new CompletableFuture<>();
            loops.next().execute(() -> router.route(head, null, loops.next(), decision::complete));
            return decision;
        }

        private String serverOf(SessionKey session) throws Exception {
            RoutingDecision decision = route(rpc("Config", session)).get(60, TimeUnit.SECONDS);
            assertThat(decision).isInstanceOf(RoutingDecision.Forward.class);
            return ((RoutingDecision.Forward) decision).backend().serverId();
        }

        @Override
        public void close() {
            router.close();
            table.close();
            directory.close();
            own.close();
        }
    }

    @BeforeEach
    void publishServers() throws Exception {
        am.claim(1);
        List<RegistryChange> servers = new ArrayList<>();
        for (String id : List.of("a", "b", "c", "d")) {
            servers.add(new RegistryChange.PutServer(FakeServerDirectory.server(id)));
        }
        am.commit(servers);
        await().atMost(DEADLINE).until(() -> one.router.readyServers() == 4 && other.router.readyServers() == 4);
    }

    @AfterEach
    void close() {
        one.close();
        other.close();
        am.close();
        connection.close();
        zooKeeper.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void sendASessionToOneServerThoughItsFirstRpcsComeToBothAtOnce() {
        List<CompletableFuture<RoutingDecision>> atOne = new ArrayList<>();
        List<CompletableFuture<RoutingDecision>> atOther = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            atOne.add(one.route(rpc("Config", session(i))));
            atOther.add(other.route(rpc("AnalyzePlan", session(i))));
            atOne.add(one.route(rpc("ExecutePlan", session(i))));
            atOther.add(other.route(rpc("ExecutePlan", session(i))));
        }

        List<RoutingDecision> decidedAtOne =
                atOne.stream().map(CompletableFuture::join).toList();
        List<RoutingDecision> decidedAtOther =
                atOther.stream().map(CompletableFuture::join).toList();
        assertThat(decidedAtOne).isEqualTo(decidedAtOther).allMatch(d -> d instanceof RoutingDecision.Forward);
    }

    @Test
    void tellTheCauseOfAServersDeath() throws Exception {
        String server = one.serverOf(session(1));
        am.commit(List.of(
                new RegistryChange.RemoveServer(server),
                new RegistryChange.PutDeath(new DeathCertificate(
                        server,
                        "default",
                        "default-0",
                        "node-3",
                        DeathCause.KILLED,
                        137,
                        "",
                        List.of(),
                        null,
                        null,
                        1))));

        await().atMost(DEADLINE).until(() -> other.router.readyServers() == 3);
        RoutingDecision decision = other.route(rpc("ExecutePlan", session(1))).get(60, TimeUnit.SECONDS);

        assertThat(((RoutingDecision.Answer) decision).answer().message())
                .contains("SESSION_CHANGED")
                .contains(server + " on node-3 is gone: the driver process was killed from outside");
    }

    @Test
    void goOnWhileZooKeeperIsAwayAndWriteDownWhatTheyDecidedWhenItIsBack() throws Exception {
        List<String> before = servers(one, 0, 20);
        zooKeeper.stop();
        await().atMost(DEADLINE).until(() -> !one.router.registryConnected() && !other.router.registryConnected());

        assertThat(servers(one, 0, 20)).isEqualTo(before);
        List<String> placed = servers(one, 100, 140);
        assertThat(servers(other, 100, 140)).isEqualTo(placed);
        assertThat(one.router.unwritten()).isEqualTo(40);

        zooKeeper.restart();
        await().atMost(DEADLINE).until(() -> one.router.unwritten() + other.router.unwritten() == 0);
        try (Proxy fresh = new Proxy()) {
            assertThat(servers(fresh, 0, 20)).isEqualTo(before);
            assertThat(servers(fresh, 100, 140)).isEqualTo(placed);
        }
        assertThat(one.router.count(RouterEvent.BINDING_CONFLICTS)).isZero();
    }

    @Test
    void serveThousandsOfSessionsThatAllComeBackAtOnceAfterARestart() {
        int sessions = 5_000;
        List<String> bound = List.of("a", "b", "c", "d");
        List<CompletableFuture<?>> written = new ArrayList<>();
        for (int i = 0; i < sessions; i++) {
            long now = System.currentTimeMillis();
            written.add(one.table.bindIfAbsent(
                    new SessionBinding(session(i).userId(), session(i).sessionId(), bound.get(i % 4), now, now)));
            if (i % 500 == 499) {
                written.forEach(CompletableFuture::join);
            }
        }

        try (Proxy fresh = new Proxy()) {
            await().atMost(DEADLINE).until(() -> fresh.router.readyServers() == 4);
            List<CompletableFuture<RoutingDecision>> comeBack = IntStream.range(0, sessions)
                    .mapToObj(i -> fresh.route(rpc(i % 2 == 0 ? "AddArtifacts" : "Config", session(i))))
                    .toList();

            await().atMost(DEADLINE).until(() -> comeBack.stream().allMatch(CompletableFuture::isDone));
            for (int i = 0; i < sessions; i++) {
                RoutingDecision decision = comeBack.get(i).join();
                assertThat(decision).isInstanceOf(RoutingDecision.Forward.class);
                assertThat(((RoutingDecision.Forward) decision).backend().serverId())
                        .isEqualTo(bound.get(i % 4));
            }
            assertThat(fresh.router.count(RouterEvent.BINDING_FOUND)).isEqualTo(sessions);
            assertThat(fresh.router.count(RouterEvent.HELD)).isZero();
        }
    }

    @Test
    void keepServersInUseThatAWipedRegistryHasForgotten() throws Exception {
        List<String> before = servers(one, 0, 20);
        am.removeService();
        await().atMost(DEADLINE).until(() -> one.router.count(RouterEvent.REGISTRY_COLLAPSES) == 1);

        assertThat(servers(one, 0, 20)).isEqualTo(before);
        assertThat(one.serverOf(session(500))).isIn("a", "b", "c", "d");
    }

    @Test
    void forgetASessionThatIsReleased() throws Exception {
        String server = one.serverOf(session(1));
        one.router.onOutcome(
                rpc("ReleaseSession", session(1)), RouterRig.backend(server), new StreamOutcome.Answered(0));

        await().atMost(DEADLINE).until(() -> one.table.find(session(1)).get().isEmpty());
    }

    private static List<String> servers(Proxy proxy, int from, int to) throws Exception {
        List<String> servers = new ArrayList<>();
        for (int i : IntStream.range(from, to).toArray()) {
            servers.add(proxy.serverOf(session(i)));
        }
        return servers;
    }
}
