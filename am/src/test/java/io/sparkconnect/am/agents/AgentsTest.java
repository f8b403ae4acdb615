/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.HealthAnswer;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.launch.ServerSecrets;
import io.sparkconnect.registry.ServerLoad;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgentsTest {
    private static final String CONTAINER = "container_1_0001_01_000002";
    private static final Duration INTERVAL = Duration.ofMillis(300);

    private final ServerSecrets secrets = new ServerSecrets(new byte[32]);
    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch hang = new CountDownLatch(1);
    private final Agents agents = new Agents(secrets, events::add);
    private volatile String health =
            "{\"instanceId\":\"i\",\"alive\":true,\"reason\":\"\",\"sessions\":3,\"operations\":-1,\"heapUsedBytes\":5,\"heapMaxBytes\":9,\"applicationId\":\"application_1_2\",\"beat\":1}";
    private final List<String> unheard = Collections.synchronizedList(new ArrayList<>());
    private volatile int status = 200;
    private volatile boolean hangs;
    private volatile long slowMs;
    private HttpServer agent = newAgent();

    private static HttpServer newAgent() {
        try {
            return HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void start() {
        agent.setExecutor(Executors.newCachedThreadPool());
        agent.createContext("/", this::answer);
        agent.start();
    }

    @AfterEach
    void stop() {
        hang.countDown();
        agents.close();
        agent.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            if (slowMs > 0) {
                try {
                    Thread.sleep(slowMs);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            if (hangs) {
                try {
                    hang.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            byte[] bytes = health.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Test
    void asksAgainAndAgainWithTheContainersSecret() {
        watch();

        await().until(() ->
                events.stream().filter(Event.Polled.class::isInstance).count() >= 2);
        assertThat(events)
                .contains(new Event.Polled(
                        CONTAINER, new HealthAnswer("i", true, "", new ServerLoad(3, -1, 5, 9), "application_1_2")));
        assertThat(requests.get(0)).isEqualTo("GET /v1/health Bearer " + secrets.of(CONTAINER));
    }

    @Test
    void oneQuestionThatIsNeverAnsweredCountsForAllFailures() {
        hangs = true;
        watch();

        await().until(() -> failures() >= 3);
        assertThat(requests).hasSizeLessThanOrEqualTo(2);
        // And another is asked: perhaps only that one was lost.
        await().until(() -> requests.size() >= 2);
    }

    @Test
    void anAnswerThatComesLateIsAnAnswer() {
        slowMs = 1000;
        watch(12);

        await().until(() ->
                events.stream().filter(Event.Polled.class::isInstance).count() >= 3);

        int inARow = 0;
        for (Event event : List.copyOf(events)) {
            inARow = event instanceof Event.PollFailed ? inARow + 1 : 0;
            assertThat(inARow).as("failures in a row").isLessThan(12);
        }
        assertThat(failures()).as("it was noticed that it is slow").isPositive();
    }

    /** With the patience that it began with, each question would be given up after 600 ms, and none ever answered. */
    @Test
    void waitsAsLongForAnAnswerAsTheSettingsOfTodaySay() {
        slowMs = 1000;
        watch(3);
        await().until(() -> !requests.isEmpty());

        watch(12);

        await().until(() ->
                events.stream().filter(Event.Polled.class::isInstance).count() >= 3);
    }

    @Test
    void takesNonsenseForAFailure() {
        health = "<html>";
        watch();

        await().until(() -> events.stream().anyMatch(Event.PollFailed.class::isInstance));
    }

    @Test
    void takesAClosedPortForAFailure() {
        agent.stop(0);
        watch();

        await().until(() -> events.stream().anyMatch(Event.PollFailed.class::isInstance));
    }

    @Test
    void asksNobodyWhomItShallNotWatch() {
        watch();
        await().until(() -> !events.isEmpty());

        agents.watch(List.of(), INTERVAL, 3);

        // One question may be under way.
        int most = requests.size() + 1;
        await().during(Duration.ofMillis(900)).until(() -> requests.size() <= most);
    }

    @Test
    void tellsAgentsToDrainAndToStop() {
        agents.drain(CONTAINER, url(), true);
        agents.drain(CONTAINER, url(), false);
        agents.stop(CONTAINER, url(), 1500, () -> unheard.add(CONTAINER));

        String bearer = " Bearer " + secrets.of(CONTAINER);
        await().untilAsserted(() -> assertThat(List.copyOf(requests))
                .containsExactlyInAnyOrder(
                        "POST /v1/drain" + bearer, "POST /v1/undrain" + bearer, "POST /v1/stop?graceMs=1500" + bearer));
        assertThat(unheard).isEmpty();
    }

    @Test
    void tellsOfAStopThatAnAgentDoesNotAnswer() {
        hangs = true;

        agents.stop(CONTAINER, url(), 1000, () -> unheard.add(CONTAINER));

        await().until(() -> unheard.size() == 1);
    }

    @Test
    void tellsOfAStopThatAnAgentRefuses() {
        status = 500;

        agents.stop(CONTAINER, url(), 60_000, () -> unheard.add(CONTAINER));

        await().until(() -> unheard.size() == 1);
    }

    private long failures() {
        return events.stream().filter(Event.PollFailed.class::isInstance).count();
    }

    private void watch() {
        watch(3);
    }

    private void watch(int failures) {
        agents.watch(List.of(new Outlook.PolledAgent(CONTAINER, url())), INTERVAL, failures);
    }

    private String url() {
        return "http://localhost:" + agent.getAddress().getPort();
    }
}
