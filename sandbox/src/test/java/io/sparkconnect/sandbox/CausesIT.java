/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static io.sparkconnect.sandbox.RunningService.A_SERVER_START;
import static io.sparkconnect.sandbox.RunningService.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.sandbox.RunningService.Service;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Deaths of real servers, as {@code status}, {@code events}, the ApplicationMaster's page and the client tell them. */
@ExtendWith(RunningService.class)
class CausesIT {
    private static final Duration A_SCENARIO = Duration.ofMinutes(6);

    private final Service service;

    CausesIT(Service service) {
        this.service = service;
    }

    @BeforeEach
    void everyServerIsReady() {
        service.awaitReady();
    }

    @Test
    void aQueryThatFillsTheDriversHeapIsToldSoAndSoIsTheOperator() throws Exception {
        try (PythonScenario scenario = service.scenario(
                "out-of-heap",
                "--cause",
                "the driver ran out of heap",
                "--cause",
                "raise sparkconnect.server.memory")) {
            scenario.succeed(A_SCENARIO);
        }

        everywhere("the driver ran out of heap", "raise sparkconnect.server.memory");
        assertThat(events())
                .contains("exit status 3", "| Terminating due to java.lang.OutOfMemoryError: Java heap space");
    }

    /** Its clients' error is {@code MainJobIT}'s. */
    @Test
    void aServerThatWasKilledIsToldApartFromOneThatEndedByItself() throws Exception {
        SlotStatus doomed = service.status().slots().get(0);
        service.kill(doomed);

        everywhere("the driver process was killed from outside (SIGKILL)", "raise sparkconnect.server.memory.overhead");
        assertThat(events()).contains(doomed.serverId() + " on ", "exit status 137");
    }

    @Test
    void aLaunchWithABadSparkConfigurationSaysWhyItDoesNotComeUp() throws Exception {
        SandboxCluster cluster = service.cluster();
        try {
            LauncherRun launch = cluster.launcher(
                    "launch",
                    "--wait=30s",
                    "-Dsparkconnect.service.name=badconf",
                    "-Dsparkconnect.servers.min=1",
                    "-Dsparkconnect.server.conf.spark.executor.cores=many");

            assertThat(launch.exitCode()).as(launch.talk()).isNotZero();
            assertThat(launch.talk())
                    .contains("the server did not come up", "Executor cores must be a positive number");
            assertThat(cluster.launcher("status", "badconf").data())
                    .contains("the server did not come up", "sparkconnect.server.conf.*");
            assertThat(cluster.launcher("events", "--service", "badconf", "--kind", "death")
                            .data())
                    .contains(
                            "the server did not come up",
                            "do: see the server's log",
                            "Executor cores must be a positive number");
        } finally {
            cluster.launcher("stop", "badconf", "--now");
        }
    }

    private void everywhere(String cause, String remedy) {
        await().atMost(A_SERVER_START).untilAsserted(() -> {
            assertThat(service.cluster().launcher("status").data())
                    .contains(cause + "; ")
                    .contains(remedy);
            assertThat(events()).contains(cause, "do: ", remedy);
        });
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(page()).contains(cause).contains(remedy));
    }

    private String events() throws Exception {
        return service.cluster().launcher("events", "--kind", "death").data();
    }

    private String page() throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(service.status().webUrl() + "/"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
