/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.RegistryVersions;
import io.sparkconnect.am.fixture.ServedStream;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.zookeeper.ZooKeeperFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.zookeeper.ZKUtil;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The ApplicationMaster freezes, is replaced behind its back, finds its registry away or gone, or cannot write its log. */
class AttemptSurvivalTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    /** ZooKeeper grants ten seconds at most here. */
    private static final Duration LONGER_THAN_A_SESSION = Duration.ofSeconds(14);

    @TempDir
    Path work;

    /**
     * YARN's kill does not reach the old process here: it is in a session of its own, as on a node whose NodeManager is
     * gone. It wakes in a world that the next attempt has changed.
     */
    @Test
    void anOldAttemptThatWakesUpChangesNothingAndEnds() throws Exception {
        LaunchOptions options = LaunchOptions.of(2).withMasterPrefix("setsid --wait");
        try (LaunchedService service = CLUSTER.launch(work, "woken", options)) {
            Set<String> before = awaitRest(service, 2);
            ProcessHandle old = service.applicationMaster();
            ProcessHandle container = old.parent().orElseThrow();
            LaunchedService.signal(old, "STOP");
            container.destroyForcibly();
            await().until(() -> service.status().attempt() == 2);
            String victim = before.iterator().next();
            service.killServer(victim);
            service.changePool(pool -> LaunchedService.withServers(pool, 3));
            Set<String> after = awaitRest(service, 3);
            assertThat(old.isAlive()).isTrue();
            Map<String, Long> written = RegistryVersions.of(service);
            Map<String, Long> processes = LightSpark.livingById(service.servers());

            LaunchedService.signal(old, "CONT");

            await().until(() -> !old.isAlive());
            assertThat(awaitRest(service, 3)).isEqualTo(after);
            assertThat(LightSpark.livingById(service.servers())).isEqualTo(processes);
            assertThat(RegistryVersions.of(service)).isEqualTo(written);
            assertThat(service.status().attempt()).isEqualTo(2);
        }
    }

    /** YARN waits a minute for the ApplicationMaster. */
    @Test
    void aMasterThatWasPausedUntilItsZooKeeperSessionExpiredGoesOn() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "paused", 2)) {
            Set<String> before = awaitRest(service, 2);
            ProcessHandle master = service.applicationMaster();
            LaunchedService.signal(master, "STOP");
            Awaitility.await()
                    .pollDelay(LONGER_THAN_A_SESSION)
                    .atMost(Duration.ofSeconds(20))
                    .until(master::isAlive);
            LaunchedService.signal(master, "CONT");

            String victim = before.iterator().next();
            service.killServer(victim);

            await().until(() -> service.ready().size() == 2 && !service.ready().contains(victim));
            assertThat(awaitRest(service, 2)).containsAnyElementsOf(before);
            assertThat(service.deaths()).extracting(DeathCertificate::serverId).containsExactly(victim);
            assertThat(service.status().attempt()).isEqualTo(1);
        }
    }

    @Test
    void aWipedRegistryIsWrittenAgain() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "wiped", 2)) {
            Set<String> before = awaitRest(service, 2);

            ZKUtil.deleteRecursive(service.zooKeeper(), service.paths().root());

            assertThat(awaitRest(service, 2)).isEqualTo(before);
            assertThat(service.status().attempt()).isEqualTo(1);
            service.changePool(pool -> LaunchedService.withServers(pool, 1));
            awaitRest(service, 1);
        }
    }

    /** No attempt lives that could write the registry again, or that had the spec still. */
    @Test
    void neitherANewerLaunchersSpecNorAWipeBetweenTwoAttemptsCostsAServer() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "wiped-between", 2)) {
            Set<String> before = awaitRest(service, 2);
            try (ServedStream stream = ServedStream.to(
                    requireNonNull(service.published().get(before.iterator().next())))) {
                set(service, "sparkconnect.server.colour", "blue");
                await().until(() -> service.status().generation() == 2);
                service.killApplicationMaster();
                await().until(() -> service.status().attempt() == 2);
                assertThat(awaitRest(service, 2)).isEqualTo(before);

                set(service, "sparkconnect.server.health.failures", "thrice");
                await().until(() -> said(service, "keeps generation 2: the spec cannot be followed"));
                service.killApplicationMaster();
                await().until(() -> service.status().attempt() == 3);
                assertThat(awaitRest(service, 2)).isEqualTo(before);
                assertThat(service.status().generation()).isEqualTo(2);

                ProcessHandle master = service.applicationMaster();
                LaunchedService.signal(master, "STOP");
                ZKUtil.deleteRecursive(service.zooKeeper(), service.paths().root());
                master.destroyForcibly();
                await().until(() -> service.status().attempt() == 4);
                assertThat(awaitRest(service, 2)).isEqualTo(before);
                assertThat(stream.isServed()).isTrue();
                service.changePool(pool -> LaunchedService.withServers(pool, 1));
                awaitRest(service, 1);
            }
        }
    }

    private static void set(LaunchedService service, String key, String text) throws Exception {
        service.change(spec -> {
            Map<String, String> settings = new HashMap<>(spec.settings());
            settings.put(key, text);
            return spec.withSettings(settings).next(0, "ann", "set " + key);
        });
    }

    private static boolean said(LaunchedService service, String words) throws Exception {
        return service.status().decisions().stream()
                .anyMatch(decision -> decision.text().startsWith(words));
    }

    /**
     * For longer than its sessions last. Servers are minded all the same: YARN still says that this attempt is the present
     * one.
     */
    @Test
    void serversAreReplacedWhileZooKeeperIsAwayAndShownWhenItIsBack() throws Exception {
        ZooKeeperFixture own = ZooKeeperFixture.start();
        try (LaunchedService service = LaunchedService.launch(CLUSTER.yarn(), own, work, "away", 3)) {
            List<String> before = List.copyOf(awaitRest(service, 3));
            String kept = before.get(0);
            String killed = before.get(1);
            String zombie = before.get(2);
            try (ServedStream stream =
                    ServedStream.to(requireNonNull(service.published().get(kept)))) {
                own.stop();
                service.killServer(killed);
                Files.writeString(service.servers().resolve(zombie + ".dead"), "");

                Awaitility.await()
                        .pollDelay(LONGER_THAN_A_SESSION)
                        .atMost(Duration.ofSeconds(90))
                        .until(() -> {
                            Set<String> living =
                                    LightSpark.livingById(service.servers()).keySet();
                            return living.size() == 3
                                    && living.contains(kept)
                                    && !living.contains(killed)
                                    && !living.contains(zombie);
                        });
                assertThat(stream.isServed()).isTrue();
                Map<String, Long> processes = LightSpark.livingById(service.servers());
                own.restart();

                assertThat(awaitRest(service, 3)).contains(kept);
                assertThat(LightSpark.livingById(service.servers()))
                        .as("they are kept when it is back")
                        .isEqualTo(processes);
                assertThat(service.deaths())
                        .extracting(DeathCertificate::serverId, DeathCertificate::cause)
                        .containsExactlyInAnyOrder(
                                tuple(killed, DeathCause.KILLED), tuple(zombie, DeathCause.SPARK_CONTEXT_STOPPED));
                assertThat(stream.isServed()).isTrue();
                assertThat(service.status().attempt()).isEqualTo(1);
            }
        } finally {
            own.close();
        }
    }

    /** It has nothing to go by, so what dies is replaced when ZooKeeper is back; what lives serves all the while. */
    @Test
    void aMasterThatDiesWhileZooKeeperIsAwayIsFollowedByOneThatWaitsForIt() throws Exception {
        ZooKeeperFixture own = ZooKeeperFixture.start();
        try (LaunchedService service = LaunchedService.launch(CLUSTER.yarn(), own, work, "away-too", 2)) {
            List<String> before = List.copyOf(awaitRest(service, 2));
            String kept = before.get(0);
            String killed = before.get(1);
            try (ServedStream stream =
                    ServedStream.to(requireNonNull(service.published().get(kept)))) {
                own.stop();
                service.killApplicationMaster();
                Awaitility.await()
                        .pollDelay(LONGER_THAN_A_SESSION)
                        .atMost(Duration.ofSeconds(90))
                        .ignoreExceptions()
                        .until(() -> service.report()
                                                .getCurrentApplicationAttemptId()
                                                .getAttemptId()
                                        == 2
                                && service.applicationMaster().isAlive());
                service.killServer(killed);
                assertThat(stream.isServed()).isTrue();
                own.restart();

                assertThat(awaitRest(service, 2)).contains(kept).doesNotContain(killed);
                assertThat(service.deaths())
                        .extracting(DeathCertificate::serverId)
                        .containsExactly(killed);
                assertThat(stream.isServed()).isTrue();
                assertThat(service.status().attempt()).isEqualTo(2);
            }
        } finally {
            own.close();
        }
    }

    @Test
    void aMasterThatCanWriteNoLogWorksOn() throws Exception {
        LaunchOptions options = LaunchOptions.of(1).withMasterSuffix("1>/dev/full 2>/dev/full");
        try (LaunchedService service = CLUSTER.launch(work, "silent", options)) {
            String victim = awaitRest(service, 1).iterator().next();
            service.killServer(victim);

            await().until(() -> service.ready().size() == 1 && !service.ready().contains(victim));
            assertThat(service.status().attempt()).isEqualTo(1);
        }
    }

    /** As an attempt leaves it that dies between forgetting the registry and telling YARN. */
    @Test
    void aStopThatBrokeOffBeforeYarnWasToldIsCompletedAsASuccess() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "broken-stop", 0)) {
            await().until(() -> service.status().attempt() == 1);
            ProcessHandle master = service.applicationMaster();
            Files.createFile(service.staging().resolve("STOPPED"));
            ZKUtil.deleteRecursive(service.zooKeeper(), service.paths().root());
            master.destroyForcibly();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> service.report().getYarnApplicationState() == YarnApplicationState.FINISHED);

            assertThat(service.report().getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
            await().until(() -> !Files.exists(service.staging()));
            assertThat(service.zooKeeper().exists(service.paths().root(), false))
                    .isNull();
        }
    }
}
