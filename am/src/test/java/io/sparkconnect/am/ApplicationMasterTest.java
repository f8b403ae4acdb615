/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.FrontDoor;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.MiniYarnFixture;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The real ApplicationMaster in a real YARN, with light servers. */
class ApplicationMasterTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void bringsUpTheServersThatAreWantedAndShowsThem() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "up", 2)) {
            Set<String> ready = service.awaitReady(2);

            assertThat(service.status().slots())
                    .extracting(SlotStatus::node)
                    .as("spread over the nodes")
                    .doesNotHaveDuplicates();
            for (String server : ready) {
                List<String> arguments = service.arguments(server);
                assertThat(arguments)
                        .containsSubsequence("--master", "yarn", "--deploy-mode", "client")
                        .contains(
                                "spark.yarn.queue=default",
                                "spark.executor.memory=2g",
                                "spark.hadoop.quoted=it's \"$HOME\" `pwd` \\ *",
                                "spark.yarn.tags=sparkconnect-service-up,sparkconnect-server-" + server)
                        .last()
                        .isEqualTo("spark-internal");
                assertThat(service.environment(server)).doesNotContain("SPARK_REMOTE");
            }
            String url = service.status().webUrl();
            assertThat(service.report().getOriginalTrackingUrl()).isEqualTo(url);
            assertThat(get(url + "/").body()).contains("READY", ready.iterator().next(), "href=\"status.json\"");
            assertThat(get(url + "/status.json").body()).contains("\"state\" : \"READY\"");
            assertThat(get(url + "/metrics").body()).contains("sparkconnect_pool_ready{pool=\"default\"} 2");
            assertThat(get(url + "/healthz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void replacesAKilledServerAndKillsTheApplicationThatItLeftBehind() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "killed", 2)) {
            Set<String> before = service.awaitReady(2);
            String victim = before.iterator().next();
            ApplicationId orphan = service.submitChildOf(victim);

            service.killServer(victim);

            await().until(() -> service.ready().size() == 2 && !service.ready().contains(victim));
            assertThat(service.ready())
                    .containsAll(
                            before.stream().filter(id -> !id.equals(victim)).toList());
            await().untilAsserted(() -> assertThat(service.deaths())
                    .singleElement()
                    .satisfies(death -> {
                        assertThat(death.serverId()).isEqualTo(victim);
                        assertThat(death.cause()).isEqualTo(DeathCause.KILLED);
                        assertThat(death.exitStatus()).isEqualTo(137);
                        assertThat(death.logUrl()).contains("/node/containerlogs/" + victim);
                    }));
            await().until(() -> service.yarn().getApplicationReport(orphan).getYarnApplicationState()
                    == YarnApplicationState.KILLED);
        }
    }

    @Test
    void replacesAServerWhoseSparkContextStopped() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "zombie", 1)) {
            String zombie = service.awaitReady(1).iterator().next();
            Files.createFile(service.servers().resolve(zombie + ".dead"));

            await().until(() -> service.ready().size() == 1 && !service.ready().contains(zombie));

            assertThat(service.deaths())
                    .extracting(DeathCertificate::cause)
                    .containsExactly(DeathCause.SPARK_CONTEXT_STOPPED);
        }
    }

    @Test
    void aSecondAttemptAdoptsTheServersOfTheFirst() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "adopted", 2)) {
            Set<String> before = service.awaitReady(2);
            List<Long> pids = LightSpark.living(service.servers());

            service.killApplicationMaster();

            await().until(() -> service.status().attempt() == 2);
            await().until(() -> service.status().state() == ServiceState.READY);
            assertThat(service.ready()).isEqualTo(before);
            assertThat(LightSpark.living(service.servers())).containsExactlyInAnyOrderElementsOf(pids);
            // And it minds them: the next to die is replaced.
            service.killServer(before.iterator().next());
            await().until(() -> service.deaths().size() == 1 && service.ready().size() == 2);
        }
    }

    @Test
    void backsOffFromACrashLoopAndSaysWhy() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "crashing", 0)) {
            await().until(() -> service.status().state() == ServiceState.READY);
            Path crash = Files.createFile(service.servers().resolve("crash"));
            service.changePool(pool -> LaunchedService.withServers(pool, 1));

            await().until(() -> service.status().slots().get(0).restarts() >= 3);
            await().untilAsserted(() -> assertThat(service.status().message())
                    .contains("exit status 1", "IllegalArgumentException: bad configuration"));
            assertThat(service.deaths())
                    .isNotEmpty()
                    .allSatisfy(death -> assertThat(death.cause()).isEqualTo(DeathCause.START_FAILED))
                    .allSatisfy(death -> assertThat(death.lastLines()).isNotEmpty());
            Files.delete(crash);

            assertThat(service.awaitReady(1)).hasSize(1);
        }
    }

    @Test
    void followsTheSpecUpAndDown() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "sized", 1)) {
            String first = service.awaitReady(1).iterator().next();
            Files.writeString(service.servers().resolve(first + ".sessions"), "3");

            service.changePool(pool -> LaunchedService.withServers(pool, 3));
            assertThat(service.awaitReady(3)).contains(first);
            service.changePool(pool -> LaunchedService.withServers(pool, 1));

            assertThat(service.awaitReady(1)).as("the one with sessions").containsExactly(first);
            await().until(() -> LightSpark.living(service.servers()).size() == 1);
        }
    }

    @Test
    void followsItsLoadFromNoServerToTheEndOfItsQueueAndBack() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "scaled", 0);
                FrontDoor door = CLUSTER.frontDoor("scaled")) {
            service.changePool(ApplicationMasterTest::scaled);
            await().until(() -> service.status().generation() == 2);
            assertThat(service.status().slots()).isEmpty();

            door.holds(1);
            String first = service.awaitReady(1).iterator().next();
            door.holds(5);
            Set<String> three = service.awaitReady(3);

            assertThat(three).contains(first);
            await().untilAsserted(() -> assertThat(scaling(service))
                    .satisfies(told -> assertThat(told.limit()).isEqualTo(ScalingStatus.Limit.QUEUE))
                    .satisfies(told -> assertThat(told.reason())
                            .contains("5 servers are needed", "queue sparkconnect can hold 3 servers of 896 MiB")));
            assertThat(get(service.status().webUrl() + "/metrics").body())
                    .contains(
                            "sparkconnect_pool_room{pool=\"default\"} 3",
                            "sparkconnect_pool_limited{pool=\"default\",by=\"queue\"} 1");

            // Two get a session each, and nobody waits any more.
            String idle =
                    three.stream().filter(id -> !id.equals(first)).findFirst().orElseThrow();
            for (String busy : three) {
                Files.writeString(service.servers().resolve(busy + ".sessions"), busy.equals(idle) ? "0" : "1");
            }
            door.holds(0);
            assertThat(service.awaitReady(2)).as("those with sessions").doesNotContain(idle);
            for (String busy : three) {
                Files.writeString(service.servers().resolve(busy + ".sessions"), "0");
            }

            await().until(() -> service.status().slots().isEmpty());
            await().until(() -> LightSpark.living(service.servers()).isEmpty());
            assertThat(service.deaths())
                    .hasSize(3)
                    .allSatisfy(death -> assertThat(death.cause()).isEqualTo(DeathCause.SCALED_IN));
        }
    }

    @Test
    void startsAServerElsewhereBeforeThatOfALeavingNodeDrains() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "leaving", 1)) {
            String leaving = service.awaitReady(1).iterator().next();
            Files.writeString(service.servers().resolve(leaving + ".sessions"), "1");
            String node = Objects.requireNonNull(service.status().slots().get(0).node());

            CLUSTER.yarn().decommission(node, 600);
            try {
                await().until(() ->
                        service.ready().size() == 1 && !service.ready().contains(leaving));
                assertThat(service.status().slots())
                        .as("its session goes on")
                        .anySatisfy(slot -> {
                            assertThat(slot.serverId()).isEqualTo(leaving);
                            assertThat(slot.state()).isEqualTo(SlotState.DRAINING);
                            assertThat(slot.reason()).isEqualTo("its node leaves the cluster");
                        })
                        .anySatisfy(slot -> {
                            assertThat(slot.state()).isEqualTo(SlotState.READY);
                            assertThat(slot.node()).isNotEqualTo(node);
                        });
                Files.writeString(service.servers().resolve(leaving + ".sessions"), "0");

                await().untilAsserted(() -> assertThat(service.deaths())
                        .extracting(DeathCertificate::cause)
                        .containsExactly(DeathCause.NODE_DECOMMISSIONED));
                assertThat(service.awaitReady(1)).doesNotContain(leaving);
            } finally {
                CLUSTER.yarn().recommission(node);
            }
        }
    }

    @Test
    void anAskAboveWhatYarnHasHurtsNothingElse() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "large", 1)) {
            String small = service.awaitReady(1).iterator().next();

            service.changePool(pool -> LaunchedService.withMemory(LaunchedService.withServers(pool, 2), 10_000));
            await().untilAsserted(() -> assertThat(service.status().message())
                    .contains("needs 10128 MiB", "at most " + MiniYarnFixture.NODE_MEMORY_MIB));
            assertThat(service.ready()).containsExactly(small);
            service.changePool(pool -> LaunchedService.withMemory(pool, 128));

            assertThat(service.awaitReady(2)).contains(small);
        }
    }

    @Test
    void aStopLeavesNothingBehind() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "stopped", 2)) {
            String busy = service.awaitReady(2).iterator().next();
            Files.writeString(service.servers().resolve(busy + ".sessions"), "1");
            service.stop(Duration.ofMinutes(5));
            await().until(() -> LightSpark.living(service.servers()).size() == 1);
            assertThat(service.status().state()).isEqualTo(ServiceState.STOPPING);

            Files.writeString(service.servers().resolve(busy + ".sessions"), "0");

            await().until(() -> service.report().getYarnApplicationState() == YarnApplicationState.FINISHED);
            assertThat(service.report().getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
            assertThat(service.spec()).isEmpty();
            assertThat(LightSpark.living(service.servers())).isEmpty();
            await().until(() -> !Files.exists(service.staging()));
        }
    }

    /** One session fills a server of 896 MiB, of which the queue holds three beside the ApplicationMaster. */
    private static PoolSpec scaled(PoolSpec pool) {
        PoolScaling quick = new PoolScaling(0, 80, 0, 4, 0, 1, 500, 3_000, 60_000, 60_000, 0);
        return pool.toBuilder()
                .servers(0, pool.maxServers())
                .memory(768, pool.overheadMiB())
                .sessionsPerServer(2)
                .scaling(quick)
                .build();
    }

    private static ScalingStatus scaling(LaunchedService service) throws Exception {
        return Objects.requireNonNull(
                Objects.requireNonNull(service.status().pools().get("default")).scaling());
    }

    private static HttpResponse<String> get(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
