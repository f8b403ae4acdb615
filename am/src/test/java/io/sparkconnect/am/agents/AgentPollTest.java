/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.agents;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.HealthAnswer;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How soon a hung server is known, with the settings that a service has by default, on a clock of the test's own. */
class AgentPollTest {
    private static final String CONTAINER = "container_1_0001_01_000002";
    private static final Event ANSWER =
            new Event.Polled(CONTAINER, new HealthAnswer("i", true, "", new ServerLoad(0, 0, 1, 2), null));

    private final List<Event> events = new ArrayList<>();
    private final List<Long> failedAtMs = new ArrayList<>();
    private final PriorityQueue<Due> dues = new PriorityQueue<>();
    private long nowMs;
    private long order;
    private int failures;

    /** How long the agent takes for each answer, ms; negative: it never answers. */
    private long answersAfterMs;

    private record Due(long atMs, long order, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(atMs, other.atMs);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    @BeforeEach
    void poll() throws Exception {
        Settings defaults = ServiceSettings.SCHEMA.read(Map.of());
        failures = defaults.get(ServiceSettings.HEALTH_FAILURES);
        AgentPoll unused = new AgentPoll(
                CONTAINER, this::ask, this::happened, timer(), defaults.get(ServiceSettings.HEALTH_INTERVAL), failures);
    }

    @Test
    void aServerThatHangsHasFailedOftenEnoughSixSecondsAfterItsLastAnswer() {
        runUntil(10_500);
        long lastAnswerAtMs = 10_000;
        assertThat(failedAtMs).isEmpty();

        answersAfterMs = -1;
        runUntil(20_000);

        assertThat(failedAtMs).hasSizeGreaterThanOrEqualTo(failures);
        assertThat(failedAtMs.get(failures - 1) - lastAnswerAtMs).isLessThanOrEqualTo(6_000);
    }

    @Test
    void aServerThatTakesThreeSecondsForEachAnswerIsNeverCondemned() {
        answersAfterMs = 3_000;

        runUntil(120_000);

        int inARow = 0;
        for (Event event : events) {
            inARow = event instanceof Event.PollFailed ? inARow + 1 : 0;
            assertThat(inARow).isLessThan(failures);
        }
        assertThat(events).contains(ANSWER);
    }

    private CompletableFuture<Event> ask() {
        CompletableFuture<Event> answer = new CompletableFuture<>();
        if (answersAfterMs >= 0) {
            in(answersAfterMs, () -> answer.complete(ANSWER));
        }
        return answer;
    }

    private void happened(Event event) {
        events.add(event);
        if (event instanceof Event.PollFailed) {
            failedAtMs.add(nowMs);
        }
    }

    private void runUntil(long ms) {
        while (!dues.isEmpty() && dues.element().atMs() <= ms) {
            Due due = dues.remove();
            nowMs = due.atMs();
            due.what().run();
        }
        nowMs = ms;
    }

    private void in(long ms, Runnable what) {
        order++;
        dues.add(new Due(nowMs + ms, order, what));
    }

    private ScheduledExecutorService timer() {
        return (ScheduledExecutorService) proxy(ScheduledExecutorService.class, (method, arguments) -> {
            Runnable what = (Runnable) arguments[0];
            switch (method) {
                case "schedule" -> in(((TimeUnit) arguments[2]).toMillis((long) arguments[1]), what);
                case "scheduleWithFixedDelay" -> repeat(Duration.ofMillis((long) arguments[2]), what);
                default -> throw new UnsupportedOperationException(method);
            }
            return proxy(ScheduledFuture.class, (ignored, none) -> false);
        });
    }

    private void repeat(Duration delay, Runnable what) {
        in(0, () -> {
            what.run();
            in(delay.toMillis(), () -> repeat(delay, what));
        });
    }

    private interface Behaviour {
        Object call(String method, Object[] arguments);
    }

    private static Object proxy(Class<?> type, Behaviour behaviour) {
        return Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> behaviour.call(method.getName(), arguments));
    }
}
