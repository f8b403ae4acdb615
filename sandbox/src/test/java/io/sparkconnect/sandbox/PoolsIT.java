/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Two Spark versions behind one URL: a pool of Spark 3.5 is added to the running service of Spark 4 and removed again, and PySpark
 * clients of both versions get theirs. Real Spark, real clients, the real commands.
 */
@ExtendWith(RunningService.class)
class PoolsIT {
    private static final String OLD = "3.5.7";

    @Test
    void clientsOfTwoSparkVersionsGetTheirsBehindOneUrl(RunningService.Service service) throws Exception {
        service.awaitReady();
        String url = service.cluster().clientUrl();
        Path home = service.spark().projectHome();
        Path clients = home.resolve(".build/clients");
        List<String> old = List.of(clients.resolve("deps/bin/python").toString(), "-u");
        List<String> present = List.of(service.spark().python().toString(), "-u");
        Map<String, String> ofOld = Map.of("PYTHONPATH", clients.resolve(OLD).toString());
        JsonNode none = client(old, ofOld, "refused", url + "/;x-pool=old");
        assertThat(none.path("text").asText())
                .contains("x-pool: there is no pool old (did you mean default? there are: default).");

        LauncherRun added = service.cluster()
                .launcher(
                        "set",
                        "sparkconnect.pools=old",
                        "sparkconnect.pool.old.spark.home=" + home.resolve(".build/spark/" + OLD),
                        "sparkconnect.pool.old.server.conf.spark.jars=" + connectJar(home),
                        "sparkconnect.pool.old.servers.min=0",
                        "sparkconnect.pool.old.servers.max=1",
                        "sparkconnect.pool.old.users=nightly-*",
                        "--wait=4m");
        try {
            assertThat(added.exitCode()).as(added.talk()).isZero();

            // The pool has no server yet: the first client wakes it, and waits for it.
            JsonNode oldInOld = client(old, ofOld, "version", url + "/;x-pool=old");
            JsonNode newInNew = client(present, Map.of(), "version", url);
            JsonNode byRule = client(old, ofOld, "version", url + "/;user_id=nightly-1");

            assertThat(oldInOld.path("client").asText()).isEqualTo(OLD);
            assertThat(oldInOld.path("server").asText()).isEqualTo(OLD);
            assertThat(oldInOld.path("rows").asInt()).isEqualTo(5);
            assertThat(newInNew.path("server").asText()).startsWith("4.");
            assertThat(newInNew.path("rows").asInt()).isEqualTo(5);
            assertThat(byRule.path("server").asText()).isEqualTo(OLD);
            assertThat(service.adminJson("/servers").path("servers"))
                    .anySatisfy(server -> assertThat(server.path("pool").asText() + " "
                                    + server.path("sparkVersion").asText())
                            .isEqualTo("old " + OLD))
                    .anySatisfy(server -> assertThat(server.path("pool").asText() + " "
                                    + server.path("sparkVersion").asText())
                            .startsWith("default 4."));
            endsASessionOfSpark35OnAnOperatorsWord(service, old, ofOld, url + "/;x-pool=old");
        } finally {
            LauncherRun removed = service.cluster()
                    .launcher("set", "sparkconnect.pools=", "sparkconnect.drain.timeout=1s", "--wait=2m");
            assertThat(removed.exitCode()).as(removed.talk()).isZero();
        }

        await().atMost(RunningService.SOON).until(() -> service.status().slots().size() == 2);
        assertThat(service.status().pools()).containsOnlyKeys("default");
    }

    /** Spark 3.5 cannot release a session: what runs in it is interrupted. */
    private static void endsASessionOfSpark35OnAnOperatorsWord(
            RunningService.Service service, List<String> python, Map<String, String> environment, String url)
            throws Exception {
        try (PythonScenario program = start(python, environment, "killed", url)) {
            JsonNode running = program.await("running", RunningService.A_SERVER_START);
            assertThat(running.path("together").asBoolean()).isTrue();
            String server = running.path("server").asText();
            await().atMost(RunningService.SOON)
                    .untilAsserted(
                            () -> assertThat(service.serverOfApplication(server).operations())
                                    .as("the query that runs and the one that waits")
                                    .isEqualTo(2));

            String session = running.path("session").asText();
            LauncherRun kill = service.cluster()
                    .launcher("kill-session", session.substring(0, 13), "--reason", "it holds all executors", "--wait");

            assertThat(kill.exitCode()).as(kill.talk()).isZero();
            for (String event : List.of("killed", "again")) {
                assertThat(program.await(event, RunningService.SOON)
                                .path("text")
                                .asText())
                        .as(event)
                        .contains("SESSION_CHANGED", "ended by operator", "it holds all executors");
            }
            assertThat(program.await("neighbour", RunningService.SOON)
                            .path("rows")
                            .asInt())
                    .as("of a query that waited for the executor that the server has freed")
                    .isEqualTo(5);
            program.succeed(RunningService.SOON);
            assertThat(service.serverOfApplication(server).state())
                    .as("its server goes on")
                    .isEqualTo(SlotState.READY);
        }
    }

    private static JsonNode client(List<String> python, Map<String, String> environment, String program, String url) {
        try (PythonScenario running = start(python, environment, program, url)) {
            JsonNode said = running.await(program, RunningService.A_SERVER_START);
            running.succeed(Duration.ofSeconds(60));
            return said;
        }
    }

    private static PythonScenario start(
            List<String> python, Map<String, String> environment, String program, String url) {
        List<String> command = new ArrayList<>(python);
        command.add(Path.of(System.getProperty("sandbox.home"), "sandbox/src/test/python/clients.py")
                .toString());
        command.addAll(List.of(program, url));
        return PythonScenario.start(program, command, environment);
    }

    /** Spark 3 comes without Connect; the build fetches its jar. */
    private static Path connectJar(Path home) {
        return home.resolve("sandbox/target/spark-connect/spark-connect_2.12-" + OLD + ".jar");
    }
}
