/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.FakeSparkServer;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.PublishedFleet;
import io.sparkconnect.proxy.testkit.WireClient;
import io.sparkconnect.proxy.testkit.WireClient.Answer;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.WaysToDie;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a user reads whose session died with its server, or whose session gets none. Real ZooKeeper, real sockets. */
class CausesOnTheWireTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private PublishedFleet fleet;
    private RunningProxy proxy;
    private WireClient client;

    @BeforeEach
    void open() throws Exception {
        fleet = PublishedFleet.open();
        proxy = RunningProxy.inFrontOf(fleet, Map.of("hold.time", "500ms"));
        client = new WireClient(proxy.address());
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        proxy.close();
        fleet.close();
    }

    @Test
    void eightWaysToDieReachTheirSessionsAsEightCauses() throws Exception {
        Map<WaysToDie, FakeSparkServer> servers = new EnumMap<>(WaysToDie.class);
        for (WaysToDie way : WaysToDie.values()) {
            servers.put(way, FakeSparkServer.start(idOf(way)));
        }
        fleet.publish(servers.values().toArray(FakeSparkServer[]::new));
        await().atMost(SOON).until(() -> proxy.metric("ready_servers") == servers.size());
        Map<WaysToDie, UUID> sessions = new EnumMap<>(WaysToDie.class);
        for (WaysToDie way : WaysToDie.values()) {
            sessions.put(way, sessionOn(idOf(way)));
        }

        for (WaysToDie way : WaysToDie.values()) {
            fleet.certify(way.certificate(idOf(way), System.currentTimeMillis()));
            requireNonNull(servers.get(way)).kill();
        }
        await().atMost(SOON).until(() -> proxy.metric("ready_servers") == 0);

        for (WaysToDie way : WaysToDie.values()) {
            Answer answer = client.call("ExecutePlan", request(requireNonNull(sessions.get(way))));
            assertThat(answer.code()).as(answer.text()).isEqualTo(13);
            assertThat(answer.text())
                    .startsWith("[INVALID_HANDLE.SESSION_CHANGED]")
                    .contains(
                            idOf(way) + " on n1:1 is gone: " + way.cause().inWords() + ", exit status "
                                    + way.exitStatus() + ".",
                            "Logs: " + WaysToDie.logUrl(idOf(way)),
                            "SparkSession.builder.getOrCreate()");
            if (way.remedy() != null) {
                assertThat(answer.text()).contains("Remedy: " + way.remedy() + ".");
            }
        }
        for (FakeSparkServer server : servers.values()) {
            server.close();
        }
    }

    /** Servers that never came up had no sessions to be told; whoever waits for one is. */
    @Test
    void aClientThatWaitsForAServerWhileNoneComesUpReadsWhy() throws Exception {
        String why = "default-0: " + WaysToDie.BAD_CONFIGURATION.cause().inWords()
                + " (exit status 1: java.lang.IllegalArgumentException: spark.executor.memory: 1x)";
        fleet.tell(new ServiceStatus(
                "application_1_0001",
                1,
                null,
                1,
                ServiceState.DEGRADED,
                why,
                0,
                0,
                Map.of(),
                List.of(),
                List.of(),
                null));

        await().atMost(SOON).untilAsserted(() -> {
            Answer answer = client.call("ExecutePlan", request(UUID.randomUUID()));

            assertThat(answer.code()).as(answer.text()).isEqualTo(14);
            assertThat(answer.text()).contains("The service says: " + why);
        });
    }

    private static String idOf(WaysToDie way) {
        return "container_" + way;
    }

    /** A new session that was placed there. */
    private UUID sessionOn(String server) {
        UUID[] found = new UUID[1];
        await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> {
            found[0] = UUID.randomUUID();
            return client.call("Config", request(found[0])).message().equals(server);
        });
        return found[0];
    }

    private static byte[] request(UUID session) {
        return Grpc.request(session.toString(), "x");
    }
}
