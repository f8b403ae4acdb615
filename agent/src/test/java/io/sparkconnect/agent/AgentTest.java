/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole agent on real sockets, between a fake ApplicationMaster and a fake Spark. */
class AgentTest {
    private static final String SECRET = "5ec2e7".repeat(8);

    private final FakeAm am = new FakeAm();
    private final FakeSpark spark = new FakeSpark();
    private final FakeProcess process = new FakeProcess();
    private final Agent agent = new Agent(
            new AgentEnvironment("container_7", List.of(URI.create("http://localhost:1"), am.url()), "localhost"),
            ContainerSecret.of(SECRET),
            spark,
            spark,
            new HttpAmClient(Duration.ofSeconds(10)),
            process);
    private final HttpClient http = HttpClient.newHttpClient();
    private AgentEndpoint endpoint;

    @BeforeEach
    void start() throws Exception {
        endpoint = agent.start();
    }

    @AfterEach
    void stop() {
        endpoint.close();
        am.close();
    }

    @Test
    void joinsOnceSparkHasAPortAndAnApplication() {
        agent.portBound(40123);
        assertThat(am.joins).isEmpty();
        agent.applicationStarted("application_1_0009");

        await().until(() -> !am.joins.isEmpty());
        assertThat(am.joins.get(0))
                .startsWith("PUT /agent/join/container_7 {\"serverId\":\"container_7\"")
                .contains("\"secret\":\"" + SECRET + "\"")
                .contains("\"host\":\"localhost\"")
                .contains("\"port\":40123,")
                .contains("\"agentPort\":" + endpoint.port() + ",")
                .contains("\"sparkVersion\":\"4.3.0\"")
                .contains("\"applicationId\":\"application_1_0009\"")
                .contains("\"uiUrl\":\"http://node-1:4040\"")
                .contains("\"pid\":" + ProcessHandle.current().pid())
                .containsPattern("\"instanceId\":\"[0-9a-f]{32}\"");
    }

    @Test
    void findsThePortByAskingWhereSparkSendsNoEvent() {
        agent.applicationStarted("application_1_0009");
        spark.port = OptionalInt.of(40125);

        await().until(() -> !am.joins.isEmpty());
        assertThat(am.joins.get(0)).contains("\"port\":40125,");
    }

    @Test
    void joinsAnAmThatComesUpLater() {
        am.status = 503;
        agent.portBound(40123);
        agent.applicationStarted("application_1_0009");
        await().until(() -> !am.joins.isEmpty());

        am.status = 200;

        await().until(() -> am.joins.size() >= 2);
    }

    @Test
    void haltsWhenTheAmDoesNotWantIt() {
        am.status = 410;
        agent.portBound(40123);
        agent.applicationStarted("application_1_0009");

        await().until(() -> process.ends.contains("halt 51"));
    }

    @Test
    void answersWithItsHealth() throws Exception {
        spark.load = new Load(3, 1);
        agent.portBound(40123);
        agent.applicationStarted("application_1_0009");

        await().untilAsserted(() -> assertThat(get("/v1/health").body())
                .contains("\"alive\":true,\"reason\":\"\",\"port\":40123,\"sessions\":3,\"operations\":1")
                .containsPattern("\"heapUsedBytes\":[1-9]\\d+,\"heapMaxBytes\":[1-9]\\d+")
                .contains("\"applicationId\":\"application_1_0009\",\"draining\":false")
                .containsPattern("\"beat\":[1-9]"));
    }

    @Test
    void saysMinusOneForWhatSparkCannotTell() throws Exception {
        assertThat(get("/v1/health").body()).contains("\"sessions\":-1,\"operations\":-1");
    }

    @Test
    void saysThatItIsNotAliveAndWhy() throws Exception {
        agent.departure().contextStopped("its YARN application ended or was killed");

        assertThat(get("/v1/health").body())
                .contains("\"alive\":false,\"reason\":\"its YARN application ended or was killed\"");
    }

    @Test
    void noticesAStoppedContextOfWhichNobodyToldIt() {
        agent.applicationStarted("application_1_0009");
        spark.stopped = true;

        await().untilAsserted(() -> assertThat(get("/v1/health").body()).contains("\"alive\":false"));
    }

    @Test
    void answersNobodyWithoutTheSecret() throws Exception {
        assertThat(send("GET", "/v1/health", "Bearer wrong").statusCode()).isEqualTo(401);
        assertThat(send("POST", "/v1/stop", "Basic " + SECRET).statusCode()).isEqualTo(401);
        assertThat(send("GET", "/nowhere", "Bearer ").statusCode()).isEqualTo(401);
        assertThat(process.ends).isEmpty();
    }

    @Test
    void drainsAndTakesItBack() throws Exception {
        assertThat(post("/v1/drain").statusCode()).isEqualTo(200);
        assertThat(get("/v1/health").body()).contains("\"draining\":true");

        assertThat(post("/v1/undrain").statusCode()).isEqualTo(200);
        assertThat(get("/v1/health").body()).contains("\"draining\":false");
    }

    @Test
    void stopsGracefullyAndExitsWithZero() throws Exception {
        assertThat(post("/v1/stop?graceMs=4500").statusCode()).isEqualTo(202);

        await().until(() -> process.ends.contains("exit 0"));
        assertThat(spark.grace).isEqualTo(Duration.ofMillis(4500));
        assertThat(spark.stopped).isTrue();
    }

    @Test
    void refusesWhatItDoesNotUnderstand() throws Exception {
        assertThat(post("/v1/stop?graceMs=soon").statusCode()).isEqualTo(400);
        assertThat(post("/v1/stop?graceMs=-1").statusCode()).isEqualTo(400);
        assertThat(get("/v1/stop").statusCode()).isEqualTo(405);
        assertThat(post("/v1/health").statusCode()).isEqualTo(405);
        assertThat(get("/v2/health").statusCode()).isEqualTo(404);
        assertThat(spark.stopped).isFalse();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send("GET", path, "Bearer " + SECRET);
    }

    private HttpResponse<String> post(String path) throws Exception {
        return send("POST", path, "Bearer " + SECRET);
    }

    private HttpResponse<String> send(String method, String path, String authorization) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + endpoint.port() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .header("Authorization", authorization)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
