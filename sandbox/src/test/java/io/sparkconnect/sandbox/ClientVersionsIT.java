/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What users of several PySpark versions see of the proxy's own answers: real clients from PyPI, the real proxy and a real
 * ZooKeeper, in front of servers that only keep sessions.
 */
class ClientVersionsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Far above what an interpreter needs to end, far below the minutes for which it would try a release again. */
    private static final Duration AT_ONCE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private FakeCluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = new FakeCluster(directory);
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void tellsTheLossOfASessionLetsTheClientBeginAnewWhereItCanAndEndAtOnce(String version) throws Exception {
        ProxyJar proxy = cluster.startProxy();
        cluster.startServer(1);
        PythonScenario program = cluster.program(version, "lose", proxy);
        assertThat(program.await("placed", SOON).path("server").asInt()).isEqualTo(1);
        program.await("reading", SOON);

        cluster.startServer(2);
        await().atMost(SOON).until(() -> proxy.metric("ready_servers") == 2);
        cluster.killServer(1);
        await().atMost(SOON).until(() -> proxy.metric("ready_servers") == 1);
        program.tell("go on");

        tellsTheCause(program.await("query", SOON));
        for (String call : List.of("conf", "analysis", "again")) {
            JsonNode seen = program.await(call, SOON);
            if (isOfSpark3(version)) {
                // It never notices that its session is over: better told each time than moved without its views and
                // settings.
                tellsTheCause(seen);
            } else {
                assertThat(seen.path("text").asText()).as(call).contains("NO_ACTIVE_SESSION");
            }
        }
        JsonNode renewed = program.await("renewed", SOON);
        assertThat(renewed.path("same").asBoolean()).isEqualTo(isOfSpark3(version));
        if (isOfSpark3(version)) {
            tellsTheCause(renewed);
        } else {
            assertThat(renewed.path("text").asText()).isEmpty();
        }
        program.await("finished", SOON);
        program.succeed(AT_ONCE);
        assertThat(proxy.metric("routing_total{event=\"release_answered\"}")).isPositive();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void sendsAReattachOfAnUnplacedSessionBackToExecutePlanWhichSucceeds(String version) throws Exception {
        ProxyJar proxy = cluster.startProxy("-Dsparkconnect.proxy.hold.time=300ms");
        PythonScenario program = cluster.program(version, "execute", proxy);
        await().atMost(SOON).until(() -> proxy.metric("routing_total{event=\"operation_not_found\"}") > 0);

        cluster.startServer(5);

        assertThat(program.await("answered", SOON).path("server").asInt()).isEqualTo(5);
        program.succeed(AT_ONCE);
    }

    @Test
    void showsNoErrorToClientsOfAnEmptyPoolWhenServersCome() throws Exception {
        ProxyJar proxy = cluster.startProxy();
        List<PythonScenario> programs = new ArrayList<>();
        for (String version : versions().toList()) {
            programs.add(cluster.program(version, "query", proxy));
            programs.add(cluster.program(version, "query", proxy));
        }
        await().atMost(SOON).until(() -> proxy.metric("held_streams") == programs.size());

        cluster.startServer(1);
        cluster.startServer(2);

        for (PythonScenario program : programs) {
            assertThat(program.await("answered", SOON).path("server").asInt()).isBetween(1, 2);
            program.succeed(AT_ONCE);
        }
        assertThat(proxy.metric("routing_total{event=\"no_server\"}")).isZero();
    }

    private static boolean isOfSpark3(String version) {
        return version.startsWith("3.");
    }

    private static void tellsTheCause(JsonNode seen) {
        assertThat(seen.path("text").asText())
                .as(seen.path("event").asText())
                .contains("INVALID_HANDLE.SESSION_CHANGED")
                .contains("container_1 on node7:45454 is gone: the driver process was killed from outside (SIGKILL), "
                        + "exit status 137")
                .contains("SparkSession.builder.getOrCreate()");
    }

    /** Those that the build has installed for the Python at hand. */
    private static Stream<String> versions() throws Exception {
        Path clients = Path.of(System.getProperty("sandbox.home")).resolve(".build/clients");
        try (Stream<Path> entries = Files.list(clients)) {
            List<String> versions = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("\\d+\\.\\d+\\.\\d+"))
                    .sorted()
                    .toList();
            assertThat(versions).as("a 3.5 and a 4.x client in " + clients).contains("3.5.7", "4.0.4");
            return versions.stream();
        }
    }
}
