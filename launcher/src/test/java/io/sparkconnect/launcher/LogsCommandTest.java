/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsCommandTest {
    private static final String ANSWER = """
            Container: container_9 on node-2:1
            LogAggregationType: LOCAL
            ==========================
            LogType:stderr
            LogLastModifiedTime:now
            LogLength:30
            LogContents:
            java.lang.OutOfMemoryError
            End of LogType:stderr
            """;

    @TempDir
    private Path directory;

    private CommandLineFixture user;
    private HttpServer node;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
        node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        node.createContext("/ws/v1/node/containers/container_9/logs/stderr", exchange -> {
            byte[] body = (exchange.getRequestURI().getQuery().equals("size=-16384") ? ANSWER : "").getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        node.start();
        user.registry.deaths.add(new DeathCertificate(
                "container_9",
                "default",
                "default-2",
                "node-2:1",
                DeathCause.HEAP_EXHAUSTED,
                3,
                "",
                List.of(),
                null,
                "http://127.0.0.1:" + node.getAddress().getPort() + "/node/containerlogs/container_9/ann",
                940_000));
    }

    @AfterEach
    void tearDown() {
        node.stop(0);
    }

    @Test
    void showsTheEndOfADeadServersLogAndWhereTheRestIs() {
        int exit = user.run("logs", "container_9");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.data().strip()).isEqualTo("java.lang.OutOfMemoryError");
        assertThat(user.talk())
                .contains("/node/containerlogs/container_9/ann/stderr/?start=0")
                .contains("yarn logs -applicationId " + FakeYarn.NEW_ID + " -containerId container_9");
    }

    @Test
    void aSlotThatWaitsShowsItsLastServers() {
        user.registry.status = new ServiceStatus(
                FakeYarn.NEW_ID,
                1,
                null,
                5,
                ServiceState.DEGRADED,
                "",
                0,
                0,
                Map.of(),
                List.of(new SlotStatus(
                        "default-2",
                        "default",
                        SlotState.BACKOFF,
                        0,
                        null,
                        null,
                        null,
                        -1,
                        -1,
                        0,
                        0,
                        1,
                        null,
                        null,
                        null,
                        0)),
                List.of(),
                null);

        user.run("logs", "default-2");

        assertThat(user.talk()).contains("default-2 has no server now; this is its last one, container_9");
        assertThat(user.data()).contains("OutOfMemoryError");
    }

    @Test
    void failsAndNamesTheCommandWhenTheNodeDoesNotShowIt() {
        int exit = user.run("logs", "container_9", "--file", "stdout");

        assertThat(exit).isEqualTo(1);
        assertThat(user.data()).as("what a script would take for the log").isEmpty();
        assertThat(user.talk())
                .contains("error: stdout of container_9 cannot be shown: http://127.0.0.1", "answers 404")
                .contains("yarn logs -applicationId " + FakeYarn.NEW_ID + " -containerId container_9");
    }

    @Test
    void tellsAScriptTooThatThereIsNoLog() {
        int exit = user.run("logs", "container_9", "--file", "stdout", "-o", "json");

        assertThat(exit).isEqualTo(1);
        assertThat(user.data()).contains("\"command\" : \"yarn logs -applicationId ", "\"tail\" : null");
    }

    @Test
    void namesTheNearestServer() {
        assertThat(user.run("logs", "default-7")).isEqualTo(3);
        assertThat(user.run("logs", "container_9", "--tail", "0")).isEqualTo(2);
        assertThat(user.run("logs", "container_9", "--file", "../x")).isEqualTo(2);
        assertThat(user.talk()).contains("did you mean default-0?");
    }
}
