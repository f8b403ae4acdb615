/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody sets the machine's clock by an hour, or the next attempt runs on a machine whose clock is wrong. */
class ClockJumpTest {
    private static final String SLOT = "default-0";
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MOMENT = Duration.ofSeconds(1);

    /** A slot in a state that it leaves when it has waited for so long. */
    private record Waiting(CoreStory story, ServiceSpec spec, List<ContainerGrant> running, Duration left) {}

    static Stream<Arguments> waitsAndJumps() {
        List<Arguments> all = new ArrayList<>();
        for (SlotState state : List.of(
                SlotState.REQUESTED,
                SlotState.ALLOCATED,
                SlotState.STARTING,
                SlotState.DRAINING,
                SlotState.STOPPING,
                SlotState.BACKOFF)) {
            all.add(Arguments.of(state, HOUR));
            all.add(Arguments.of(state, HOUR.negated()));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("waitsAndJumps")
    void neitherCutsAWaitShortNorProlongsIt(SlotState state, Duration jump) {
        Waiting waiting = waiting(state);
        CoreStory story = waiting.story();

        story.clockIsSet(jump).passes(Duration.ZERO);
        assertThat(story.state(SLOT)).isEqualTo(state);
        assertThat(story.done(Action.StopContainer.class)).isEmpty();
        story.passes(waiting.left().minus(MOMENT));
        assertThat(story.state(SLOT)).isEqualTo(state);
        long askedWith = story.record(SLOT).allocationRequestId();
        story.forget().passes(MOMENT);

        if (state == SlotState.REQUESTED) {
            assertThat(story.record(SLOT).allocationRequestId()).isNotEqualTo(askedWith);
        } else if (state == SlotState.STOPPING) {
            assertThat(story.took(Action.StopContainer.class)).hasSize(1);
        } else {
            assertThat(story.state(SLOT)).isNotEqualTo(state);
        }
    }

    @ParameterizedTest
    @MethodSource("waitsAndJumps")
    void betweenTwoAttemptsAJumpAddsTwoMinutesToAWaitAtMost(SlotState state, Duration jump) {
        Waiting waiting = waiting(state);

        CoreStory next = waiting.story().nextAttempt(waiting.spec(), waiting.running(), jump);

        assertWaitsOn(state, next, waiting.left(), jump.isNegative() ? Duration.ZERO : Duration.ofMinutes(2));
    }

    @ParameterizedTest
    @MethodSource("waitsAndJumps")
    void aLaterAttemptIsNotMisledByAJumpThatTheEarlierOneSaw(SlotState state, Duration jump) {
        Waiting waiting = waiting(state);
        waiting.story().clockIsSet(jump).passes(MOMENT);

        CoreStory next = waiting.story().nextAttempt(waiting.spec(), waiting.running());

        assertWaitsOn(state, next, waiting.left().minus(MOMENT), Duration.ZERO);
    }

    private static void assertWaitsOn(SlotState state, CoreStory next, Duration left, Duration tooMuch) {
        if (state == SlotState.REQUESTED || state == SlotState.ALLOCATED) {
            // YARN keeps neither asks nor containers that were not started.
            assertThat(next.state(SLOT)).isEqualTo(SlotState.REQUESTED);
            return;
        }
        Duration surelyLeft = left.minus(tooMuch).minus(MOMENT);
        if (surelyLeft.compareTo(Duration.ZERO) > 0) {
            next.passes(surelyLeft);
            assertThat(next.state(SLOT)).isEqualTo(state);
            assertThat(next.done(Action.ReleaseContainer.class)).isEmpty();
        }

        next.passes(tooMuch.plus(MOMENT));

        if (state == SlotState.STOPPING) {
            assertThat(next.done(Action.ReleaseContainer.class)).isNotEmpty();
        } else {
            assertThat(next.state(SLOT)).isNotEqualTo(state);
        }
    }

    @Test
    void aProcessThatStoodStillForAnHourFirstHearsWhatItWaitsFor() {
        Waiting waiting = waiting(SlotState.STARTING);
        CoreStory story = waiting.story();
        String container = waiting.running().get(0).containerId();

        story.standsStill(HOUR);
        assertThat(story.state(SLOT)).isEqualTo(SlotState.STARTING);
        story.join(container, "i-" + container).poll(container, 0);

        assertThat(story.state(SLOT)).isEqualTo(SlotState.READY);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, -1})
    void aReadyServerStaysReadyAndIsStableNoSooner(long hours) {
        CoreStory story = CoreStory.ofServers(1);
        String first = story.allocate(SLOT, "n1:1");
        story.happens(new Event.Started(first)).completes(first, 1).passes(Duration.ofSeconds(2));
        String second = story.makeReady(SLOT, "n1:1");
        long readyAtMs = story.server(second).readyAtMs();

        story.clockIsSet(Duration.ofHours(hours)).passes(Duration.ofMinutes(4));

        assertThat(story.record(SLOT).consecutiveFailures()).isEqualTo(1);
        story.passes(Duration.ofMinutes(1));
        assertThat(story.record(SLOT).consecutiveFailures()).isZero();
        assertThat(story.server(second).readyAtMs()).isEqualTo(readyAtMs);
        assertThat(story.record(SLOT).sinceMs()).isEqualTo(readyAtMs);
    }

    @Test
    void whatIsWrittenIsOfTheMachinesClock() {
        CoreStory story = CoreStory.ofServers(2);
        String dead = story.makeReady(SLOT, "n1:1");
        String starting = story.allocate("default-1", "n2:1");
        story.happens(new Event.Started(starting)).passes(Duration.ofSeconds(20));
        story.completes(dead, 137);
        long diedAtMs = story.death(dead).diedAtMs();

        story.clockIsSet(HOUR).passes(Duration.ofSeconds(30));

        assertThat(story.outlook().live().updatedAtMs()).isEqualTo(story.nowMs());
        assertThat(story.record("default-1").sinceMs())
                .as("it has waited for 50 s")
                .isEqualTo(story.nowMs() - 50_000);
        assertThat(story.death(dead).diedAtMs()).as("history").isEqualTo(diedAtMs);
        assertThat(story.decisions()).last().asString().contains("clock jumped forward by 3600 s");
        long saidAtMs = Objects.requireNonNull(
                        story.outlook().live().decisions().get(story.decisions().size() - 1))
                .atMs();
        assertThat(saidAtMs).isEqualTo(story.nowMs());
    }

    @Test
    void aDeathIsKeptForItsTimeWhateverTheClockShows() {
        CoreStory story = CoreStory.ofServers(1);
        String dead = story.makeReady(SLOT, "n1:1");
        story.completes(dead, 137).clockIsSet(Duration.ofHours(30)).passes(Duration.ofHours(23));
        assertThat(story.outlook().image().deaths()).containsKey(dead);

        story.passes(Duration.ofHours(2));

        assertThat(story.outlook().image().deaths()).doesNotContainKey(dead);
    }

    @Test
    void aDeathThatAnEarlierAttemptWroteInTheFutureEndsToo() {
        CoreStory story = CoreStory.ofServers(1);
        String dead = story.makeReady(SLOT, "n1:1");
        story.completes(dead, 137);

        CoreStory next = story.nextAttempt(Specs.servers(1, 1), List.of(), Duration.ofHours(-30));
        next.passes(Duration.ofHours(25));

        assertThat(next.outlook().image().deaths()).doesNotContainKey(dead);
    }

    @Test
    void aProxyThatCameAfterTheServerDoesNotVouchForItBecauseItsClockIsBehind() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 2, 1));
        story.happens(proxies("old", story.nowMs())).passes(MOMENT);
        String container = story.makeReady(SLOT, "n1:1");
        story.passes(MOMENT).poll(container, -1);
        story.happens(proxies("new", story.nowMs() - HOUR.toMillis())).passes(Duration.ofMinutes(1));

        story.happens(new Event.SpecChanged(Specs.scaledWith(0, 0, 2, HOUR), Specs.POLICY));
        story.passes(Duration.ofMinutes(30)).poll(container, -1);

        assertThat(story.state(SLOT)).as("until its deadline").isEqualTo(SlotState.DRAINING);
    }

    private static Event proxies(String id, long startedAtMs) {
        ProxyRecord proxy = new ProxyRecord(id, "primary:15002", "", 1, 1, 0, startedAtMs, Map.of(), Map.of());
        return new Event.ProxiesSeen(new ProxySnapshot(Map.of(id, proxy), true));
    }

    private static Waiting waiting(SlotState state) {
        ServiceSpec spec = Specs.servers(1, 1);
        CoreStory story = CoreStory.of(spec);
        if (state == SlotState.REQUESTED) {
            return new Waiting(story, spec, List.of(), Specs.POLICY.askAgainAfter());
        }
        if (state == SlotState.BACKOFF) {
            return backedOff(story, spec);
        }
        String container = story.allocate(SLOT, "n1:1");
        List<ContainerGrant> running = List.of(new ContainerGrant(container, 0, "n1:1", "n:8042"));
        if (state == SlotState.ALLOCATED) {
            return new Waiting(story, spec, List.of(), Specs.POLICY.launchTimeout());
        }
        story.happens(new Event.Started(container));
        if (state == SlotState.STARTING) {
            return new Waiting(story, spec, running, Specs.POLICY.readyTimeout());
        }
        story.join(container, "i-" + container).poll(container, 2);
        if (state == SlotState.DRAINING) {
            Duration deadline = Duration.ofMinutes(30);
            ServiceSpec stopped = Specs.stopped(1, 2, deadline.toMillis());
            story.happens(new Event.SpecChanged(stopped, Specs.POLICY));
            return new Waiting(story, stopped, running, deadline);
        }
        ServiceSpec stopped = Specs.stopped(1, 2, 0);
        story.happens(new Event.SpecChanged(stopped, Specs.POLICY));
        return new Waiting(story, stopped, running, Specs.POLICY.stopGrace());
    }

    private static Waiting backedOff(CoreStory story, ServiceSpec spec) {
        while (true) {
            String container = story.allocate(SLOT, "n1:1");
            story.happens(new Event.Started(container)).completes(container, 1);
            Duration left = Duration.ofMillis(story.record(SLOT).backoffUntilMs() - story.nowMs());
            if (left.compareTo(Duration.ofMinutes(3)) > 0) {
                return new Waiting(story, spec, List.of(), left);
            }
            story.passes(left);
        }
    }
}
