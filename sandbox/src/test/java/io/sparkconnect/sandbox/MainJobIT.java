/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static io.sparkconnect.sandbox.RunningService.A_SERVER_START;
import static io.sparkconnect.sandbox.RunningService.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkconnect.registry.SlotStatus;
import io.sparkconnect.sandbox.RunningService.Service;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Stock PySpark, one URL, two Spark Connect servers that YARN runs. */
@ExtendWith(RunningService.class)
class MainJobIT {
    private static final Duration A_SCENARIO = Duration.ofMinutes(6);

    private final Service service;

    MainJobIT(Service service) {
        this.service = service;
    }

    @BeforeEach
    void everyServerIsReady() {
        service.awaitReady();
    }

    @Test
    void keepsTwelveSessionsOfOneProcessApartAndUsesBothServers() {
        try (PythonScenario scenario = service.scenario("sessions", "--count", "12", "--min-servers", "2")) {
            assertPassed(scenario);
        }
    }

    @Test
    void keepsSessionsOfSeveralProcessesApartAndUsesBothServers() {
        try (PythonScenario scenario =
                service.scenario("processes", "--processes", "3", "--count", "2", "--min-servers", "2")) {
            assertPassed(scenario);
        }
    }

    @Test
    void freesTheBindingWhenASessionStops() {
        try (PythonScenario scenario = service.scenario("stop-frees", "--wait")) {
            String session = scenario.await("READY", A_SCENARIO).path("session").asText();
            await().atMost(SOON).untilAsserted(() -> assertThat(boundSessions()).contains(session));

            scenario.tell("stop");
            scenario.await("new-session", A_SCENARIO);

            await().atMost(SOON).untilAsserted(() -> assertThat(boundSessions()).doesNotContain(session));
            scenario.tell("stop");
            assertPassed(scenario);
        }
    }

    @Test
    void streamsAResultOfMoreThanAHundredMegabytes() {
        try (PythonScenario scenario = service.scenario("big-result", "--megabytes", "110")) {
            assertPassed(scenario);
        }
    }

    @Test
    void uploadsArtifactsOfManyChunksThatUdfsCanUse() {
        try (PythonScenario scenario = service.scenario("artifacts")) {
            assertPassed(scenario);
        }
    }

    @Test
    void interruptsTheRightOperations() {
        try (PythonScenario scenario = service.scenario("interrupt")) {
            assertPassed(scenario);
        }
    }

    @Test
    void takesPlansOfMoreThanAHundredKilobytes() {
        try (PythonScenario scenario = service.scenario("big-plan")) {
            assertPassed(scenario);
        }
    }

    @Test
    void bindsAClonedSessionToTheServerOfItsSource() {
        try (PythonScenario scenario = service.scenario("clone")) {
            List<JsonNode> said = assertPassed(scenario);

            assertThat(said).as("the client of this build can clone").anyMatch(is("cloned"));
        }
    }

    @Test
    void leavesRunningQueriesAndServersAloneWhenTheApplicationMasterIsKilled() {
        var drivers = service.cluster().drivers();
        int attempt = service.status().attempt();
        try (PythonScenario query = service.scenario("long-query", "--seconds", "45")) {
            query.await("RUNNING", A_SCENARIO);

            List<ProcessHandle> masters = service.cluster().applicationMasters();
            assertThat(masters).hasSize(1);
            masters.get(0).destroyForcibly();

            await().atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(service.status().attempt())
                            .as("attempt that writes the status")
                            .isGreaterThan(attempt));
            assertPassed(query);
        }
        service.awaitReady();
        assertThat(service.cluster().drivers()).isEqualTo(drivers);
    }

    @Test
    void replacesAKilledServerAndTellsItsClientsWhyWhileOthersNeverNotice() {
        try (PythonScenario query = service.scenario("long-query", "--seconds", "60");
                PythonScenario first = service.scenario("survive-kill", "--cause", "SIGKILL");
                PythonScenario second = service.scenario("survive-kill", "--cause", "SIGKILL");
                PythonScenario third = service.scenario("survive-kill", "--cause", "SIGKILL")) {
            List<PythonScenario> holders = List.of(first, second, third);
            List<String> servers = holders.stream().map(MainJobIT::serverOf).toList();
            String spared = serverOf(query);
            String doomed = servers.stream()
                    .filter(server -> !server.equals(spared))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("all sessions are on " + spared));

            service.kill(service.serverOfApplication(doomed));
            for (int i = 0; i < holders.size(); i++) {
                holders.get(i).tell(servers.get(i).equals(doomed) ? "lost" : "kept");
            }

            holders.forEach(MainJobIT::assertPassed);
            assertPassed(query);
            await().atMost(A_SERVER_START)
                    .untilAsserted(() -> assertThat(service.hasEnded(doomed))
                            .as("the killed server's own application has ended")
                            .isTrue());
            assertThat(service.awaitReady())
                    .extracting(SlotStatus::childApplicationId)
                    .doesNotContain(doomed);
        }
    }

    @Test
    void endsASessionOnAnOperatorsWordAndItsClientLearnsWhy() throws Exception {
        try (PythonScenario scenario = service.scenario(
                "killed",
                "--cause",
                "SESSION_CHANGED",
                "--cause",
                "ended by operator",
                "--cause",
                "it holds all executors")) {
            JsonNode ready = scenario.await("READY", A_SCENARIO);
            String session = ready.path("session").asText();

            LauncherRun kill = service.cluster()
                    .launcher("kill-session", session.substring(0, 13), "--reason", "it holds all executors", "--wait");

            assertThat(kill.exitCode()).as(kill.talk()).isZero();
            assertThat(kill.data()).contains(session, "1 session ended");
            assertPassed(scenario);
            assertThat(boundSessions()).doesNotContain(session);
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(operationsOf(ready.path("server").asText()))
                                    .as("operations that the server still runs")
                                    .isZero());
            assertThat(service.cluster().launcher("events", "--kind", "kill").data())
                    .contains(": killed session " + session + " of ", ": it holds all executors");
        }
    }

    private int operationsOf(String application) {
        return service.serverOfApplication(application).operations();
    }

    private static String serverOf(PythonScenario scenario) {
        return scenario.await("READY", A_SCENARIO).path("server").asText();
    }

    private List<String> boundSessions() throws Exception {
        return service.adminJson("/sessions").findValuesAsText("sessionId");
    }

    private static Predicate<JsonNode> is(String event) {
        return said -> event.equals(said.path("event").asText());
    }

    private static List<JsonNode> assertPassed(PythonScenario scenario) {
        List<JsonNode> said = scenario.succeed(A_SCENARIO);
        assertThat(said).as("the last words").last().matches(is("passed"));
        return said;
    }
}
