/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stand-alone proxy in front of a real Spark 3.5 and a real Spark 4, neither of which has been told of it. */
class StandAloneIT {
    private static final String OLD = "3.5.7";
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int SESSIONS_ON_SPARK_3 = 2;

    @TempDir
    private static Path directory;

    private static RealSpark spark;
    private static RealSparkServer old;
    private static RealSparkServer present;

    @BeforeAll
    static void startServers() throws Exception {
        spark = RealSpark.ofTheBuild();
        Path home = spark.projectHome();
        old = RealSparkServer.start(
                home.resolve(".build/spark/" + OLD),
                directory.resolve("old"),
                "--jars",
                // Spark 3 comes without Connect; the build fetches its jar.
                home.resolve("sandbox/target/spark-connect/spark-connect_2.12-" + OLD + ".jar")
                        .toString());
        present = RealSparkServer.start(spark.sparkHome(), directory.resolve("present"));
    }

    @AfterAll
    static void stopServers() throws Exception {
        try {
            old.close();
        } finally {
            present.close();
        }
    }

    @Test
    void learnsWhichSparkEachServerIsLeavesNoTraceThereAndKeepsToWhatSpark3Bears() throws Exception {
        List<String> madeInOld = old.sessions();
        List<String> madeInPresent = present.sessions();
        int oldLog = old.log().length();
        int presentLog = present.log().length();
        try (ProxyJar proxy = proxyWithPools()) {
            awaitWhatTheServersAre(proxy);
            assertThat(old.log().substring(oldLog)).doesNotContain("ERROR", "Exception", "\tat ");
            assertThat(present.log().substring(presentLog)).doesNotContain("ERROR", "Exception", "\tat ");

            List<JsonNode> inOld = several(OLD, proxy.url() + "/;x-pool=old");
            List<JsonNode> inPresent = several("4.0.4", proxy.url());

            assertThat(inOld.subList(0, SESSIONS_ON_SPARK_3))
                    .allSatisfy(said -> assertThat(said.path("server").asText() + " " + said.path("rows"))
                            .isEqualTo(OLD + " 5"));
            assertThat(inOld.get(SESSIONS_ON_SPARK_3).path("text").asText())
                    .contains("has as many sessions as it may have (1 ready, 2 sessions in all)");
            assertThat(inPresent)
                    .allSatisfy(said -> assertThat(said.path("server").asText() + " " + said.path("rows"))
                            .matches("4\\..* 5"));
            madeInOld.addAll(sessions(inOld.subList(0, SESSIONS_ON_SPARK_3)));
            madeInPresent.addAll(sessions(inPresent));
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(old.sessions()).containsExactlyElementsOf(madeInOld);
                assertThat(present.sessions()).containsExactlyElementsOf(madeInPresent);
            });
        }
    }

    @Test
    void asksSpark3ForNoMoreSessionsThanItKeepsSinceItMakesEachThatItIsAskedFor() throws Exception {
        List<String> madeInOld = old.sessions();
        try (ProxyJar proxy = proxyWithPools()) {
            awaitWhatTheServersAre(proxy);
            // A client of Spark 3 does not say whether its session is a new one, so that all servers are asked.
            List<JsonNode> inPresent = several(OLD, proxy.url());

            assertThat(inPresent)
                    .allSatisfy(said -> assertThat(said.path("server").asText()).startsWith("4."));
            madeInOld.addAll(sessions(inPresent.subList(0, SESSIONS_ON_SPARK_3)));
            await().atMost(SOON).untilAsserted(() -> assertThat(old.sessions()).containsExactlyElementsOf(madeInOld));
            assertThat(proxy.metric("routing_total{event=\"servers_spared\"}")).isPositive();
        }
    }

    private static ProxyJar proxyWithPools() throws Exception {
        return ProxyJar.start(
                spark.projectHome(),
                List.of(
                        "--servers",
                        "127.0.0.1:" + old.port() + "@old,127.0.0.1:" + present.port(),
                        "-Dsparkconnect.proxy.spark3.sessions=" + SESSIONS_ON_SPARK_3));
    }

    private static void awaitWhatTheServersAre(ProxyJar proxy) {
        await("the servers have said which Spark they are")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(rows(proxy))
                        .containsExactlyInAnyOrder(
                                "old 3.x at most " + SESSIONS_ON_SPARK_3, "default 4.x at most 1000"));
    }

    private static List<String> rows(ProxyJar proxy) throws IOException, InterruptedException {
        List<String> rows = new ArrayList<>();
        proxy.json("/servers")
                .path("servers")
                .forEach(server -> rows.add(server.path("pool").asText() + " "
                        + server.path("sparkVersion").asText() + " at most "
                        + server.path("sessionsLimit").asInt()));
        return rows;
    }

    /** What three sessions of that PySpark say, one after the other. */
    private static List<JsonNode> several(String version, String url) {
        Path clients = spark.projectHome().resolve(".build/clients");
        List<String> command = List.of(
                clients.resolve("deps/bin/python").toString(),
                "-u",
                spark.projectHome()
                        .resolve("sandbox/src/test/python/clients.py")
                        .toString(),
                "several",
                url);
        Map<String, String> environment =
                Map.of("PYTHONPATH", clients.resolve(version).toString());
        try (PythonScenario program = PythonScenario.start("several " + version, command, environment)) {
            return program.succeed(SOON);
        }
    }

    private static List<String> sessions(List<JsonNode> said) {
        return said.stream().map(each -> each.path("session").asText()).toList();
    }
}
