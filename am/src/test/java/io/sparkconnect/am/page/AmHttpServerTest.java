/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.JoinRequest;
import io.sparkconnect.am.core.JoinVerdict;
import io.sparkconnect.am.launch.ServerSecrets;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AmHttpServerTest {
    private static final String CONTAINER = "container_e01_1700000000000_0001_01_000002";

    private final ServerSecrets secrets = new ServerSecrets(new byte[32]);
    private final List<JoinRequest> asked = Collections.synchronizedList(new ArrayList<>());
    private final AtomicReference<@Nullable JoinVerdict> verdict = new AtomicReference<>(JoinVerdict.WELCOME);
    private final AtomicReference<@Nullable Joins> joins = new AtomicReference<>();
    private AmHttpServer server = start();

    private AmHttpServer start() {
        try {
            Joins made = new Joins(this::decide, Duration.ofMillis(200));
            joins.set(made);
            return new AmHttpServer(0, "svc", secrets, made, new MetricRegistry(), () -> true, () -> 60_000);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void decide(Event event) {
        Joins asking = joins.get();
        JoinVerdict decided = verdict.get();
        if (event instanceof Event.Joined joined && asking != null) {
            asked.add(joined.request());
            if (decided != null) {
                asking.answer(joined.requestId(), decided);
            }
        }
    }

    @BeforeEach
    void forget() {
        asked.clear();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void welcomesAnAgentWithItsContainersSecret() throws Exception {
        HttpResponse<String> answer = put("/agent/join/" + CONTAINER, body(CONTAINER, secrets.of(CONTAINER), 4000));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(asked).containsExactly(new JoinRequest(CONTAINER, "abc", "node-1", 4000, 4001, "4.3.0", null));
    }

    @Test
    void refusesAWrongSecretWithoutAskingTheCore() throws Exception {
        HttpResponse<String> answer =
                put("/agent/join/" + CONTAINER, body(CONTAINER, secrets.of("container_other"), 4000));

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(asked).isEmpty();
        assertThat(answer.body()).doesNotContain(secrets.of(CONTAINER));
    }

    @Test
    void refusesASecretUsedForAnotherContainer() throws Exception {
        String other = "container_e01_1700000000000_0001_01_000003";

        assertThat(put("/agent/join/" + other, body(CONTAINER, secrets.of(CONTAINER), 4000))
                        .statusCode())
                .isEqualTo(403);
        assertThat(put("/agent/join/" + other, body(CONTAINER, secrets.of(other), 4000))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void disownsWhatTheCoreDoesNotWant() throws Exception {
        verdict.set(JoinVerdict.UNWANTED);

        assertThat(put("/agent/join/" + CONTAINER, body(CONTAINER, secrets.of(CONTAINER), 4000))
                        .statusCode())
                .isEqualTo(410);
    }

    @Test
    void putsOffWhatTheCoreDoesNotDecide() throws Exception {
        verdict.set(null);

        assertThat(put("/agent/join/" + CONTAINER, body(CONTAINER, secrets.of(CONTAINER), 4000))
                        .statusCode())
                .isEqualTo(503);
    }

    @Test
    void refusesGarbage() throws Exception {
        assertThat(put("/agent/join/" + CONTAINER, "no json").statusCode()).isEqualTo(400);
        assertThat(put("/agent/join/" + CONTAINER, "x".repeat(100_000)).statusCode())
                .isEqualTo(413);
        assertThat(put("/agent/join/" + CONTAINER, body(CONTAINER, secrets.of(CONTAINER), 70_000))
                        .statusCode())
                .isEqualTo(400);
        assertThat(get("/agent/join/" + CONTAINER).statusCode()).isEqualTo(405);
        assertThat(put("/status.json", "").statusCode()).isEqualTo(405);
        assertThat(get("/etc/passwd").statusCode()).isEqualTo(404);
    }

    @Test
    void showsTheStatusWithEverythingEscapedAndLinksRelative() throws Exception {
        server.show(
                OutlookOnPage.of(2).withReason("<script>alert('x')</script>").build());

        String page = get("/").body();

        assertThat(page)
                .contains("DEGRADED", "default-0", "href=\"status.json\"", "&lt;script&gt;")
                .doesNotContain("<script", "href=\"/", "src=");
        assertThat(get("/status.json").body()).contains("\"state\" : \"DEGRADED\"");
    }

    @Test
    void tellsPrometheusWhatIsShown() throws Exception {
        server.show(OutlookOnPage.of(2).build());

        assertThat(get("/metrics").body())
                .contains("# TYPE sparkconnect_pool_desired gauge\nsparkconnect_pool_desired{pool=\"default\"} 2\n");
    }

    @Test
    void namesTheSettingWhenItsPortIsTaken() {
        assertThatThrownBy(() -> new AmHttpServer(
                        server.port(),
                        "svc",
                        secrets,
                        new Joins(this::decide, Duration.ofSeconds(1)),
                        new MetricRegistry(),
                        () -> true,
                        () -> 0))
                .hasMessageContaining("sparkconnect.am.port: " + server.port());
    }

    @Test
    void isThereBeforeTheAttemptHasRecovered() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(200);
        assertThat(get("/status.json").statusCode()).isEqualTo(503);
        assertThat(get("/healthz").body()).isEqualTo("ok\n");
    }

    private static String body(String id, String secret, int port) {
        return ("{\"serverId\":\"%s\",\"secret\":\"%s\",\"instanceId\":\"abc\",\"host\":\"node-1\",\"port\":%d,"
                        + "\"agentPort\":4001,\"sparkVersion\":\"4.3.0\",\"applicationId\":\"\",\"uiUrl\":\"\",\"pid\":1}")
                .formatted(id, secret, port);
    }

    private HttpResponse<String> put(String path, String body) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).PUT(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + server.port() + path);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
