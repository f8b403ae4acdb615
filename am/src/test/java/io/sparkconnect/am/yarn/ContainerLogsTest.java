/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.sparkconnect.am.core.Event;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ContainerLogsTest {
    private static final String ANSWER = """
            Container: container_1_0001_01_000002 on localhost:40001
            LogAggregationType: LOCAL
            ====================================================
            LogType:stderr
            LogLastModifiedTime:Thu Nov 26 06:00:00 +0000 2026
            LogLength:20
            LogContents:
            first
            End of the day
            last

            End of LogType:stderr.This log file belongs to a running container (container_1_0001_01_000002) and so may not be complete.
            ***********************************************************************
            """;

    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private volatile String asked = "";
    private volatile int status = 200;
    private HttpServer node;

    @BeforeEach
    void startNode() throws Exception {
        node = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        node.createContext("/", exchange -> {
            try (exchange) {
                asked = exchange.getRequestURI().toString();
                byte[] bytes = ANSWER.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        node.start();
    }

    @AfterEach
    void stopNode() {
        node.stop(0);
    }

    @Test
    void handsOnWhatStandsInTheFileAndNothingElse() {
        readEnd();

        await().until(() -> !events.isEmpty());
        assertThat(events)
                .containsExactly(
                        new Event.LastLinesRead("container_1_0001_01_000002", "first\nEnd of the day\nlast\n"));
        assertThat(asked).isEqualTo("/ws/v1/node/containers/container_1_0001_01_000002/logs/stderr?size=-4096");
    }

    @Test
    void saysNothingWhenTheNodeRefuses() {
        status = 401;
        readEnd();

        await().until(() -> !asked.isEmpty());
        await().during(Duration.ofMillis(300)).until(events::isEmpty);
    }

    private void readEnd() {
        new ContainerLogs("http", events::add)
                .readEnd(
                        "container_1_0001_01_000002",
                        "localhost:" + node.getAddress().getPort());
    }
}
