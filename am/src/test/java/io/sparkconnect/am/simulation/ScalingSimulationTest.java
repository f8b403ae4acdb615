/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Days of load in seconds, in a world that is no kinder than the real one: YARN takes asks that it can never answer and says
 * nothing, and each of two proxies sees the registry up to five seconds late. At every step a {@link Judge} holds the service
 * to its bounds, and at the end to the course that its load justifies.
 */
class ScalingSimulationTest {
    private static final int MINUTE_MS = 60_000;

    /** Each day is lived once, however many tests judge it. */
    private static final Map<String, SimulatedService> LIVED = new HashMap<>();

    private static SimulatedService run(Scenario scenario, long seed) {
        return LIVED.computeIfAbsent(
                scenario.name() + seed + scenario.attemptsLastHours(), key -> SimulatedService.run(scenario, seed));
    }

    static Stream<Scenario> scenarios() {
        return Stream.concat(Scenarios.all().stream(), Stream.of(Scenarios.dyingMasters()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void keepsItsBoundsAndLosesNoSessionByChoiceAndDoesNotFlap(Scenario scenario) {
        assertThat(run(scenario, 42).violations()).isEmpty();
    }

    @Test
    void losesNoSessionThatAProxyGivesAServerWhichDrainsAlready() {
        for (Scenario scenario : List.of(Scenarios.briefSessions(), Scenarios.cannotCount())) {
            SimulatedService service = run(scenario, 42);

            assertThat(service.users().onDraining())
                    .as("sessions that came too late, " + scenario)
                    .isGreaterThan(5);
            assertThat(service.users().lost()).isEmpty();
        }
    }

    @Test
    void usesAllThatASharedQueueHasAndNoMore() {
        SimulatedService service = run(Scenarios.sharedQueue(), 42);

        assertThat(service.timeline.mostReady()).isEqualTo(11);
        assertThat(service.decisions)
                .anySatisfy(decision -> assertThat(decision).contains("can hold 5 servers", "others in it hold"));
    }

    @ParameterizedTest
    @ValueSource(longs = {42, 1})
    void followsTheOfficeUpAndDown(long seed) {
        SimulatedService service = run(Scenarios.dailyWave(), seed);

        assertThat(service.timeline.mostSessions()).isGreaterThan(500);
        assertThat(service.timeline.mostReady()).isGreaterThan(11);
        assertThat(service.users().lost()).isEmpty();
        for (Timeline.Sample sample : service.timeline.samples) {
            if (sample.hour() % 24 > 4 && sample.hour() % 24 < 6) {
                assertThat(sample.ready()).as("at night").isLessThanOrEqualTo(2);
            }
            int seats = sample.ready() * 60;
            assertThat(sample.sessions()).as("a seat for each").isLessThanOrEqualTo(seats + sample.draining() * 60);
        }
        assertThat(service.users().waited() * 100 / service.users().came())
                .as("percent of sessions that waited")
                .isLessThan(5);
    }

    @Test
    void servesTenThousandSessionsOnTwoHundredServers() {
        SimulatedService service = run(Scenarios.large(), 42);

        assertThat(service.timeline.mostSessions()).isGreaterThan(10_000);
        assertThat(service.timeline.mostReady()).isGreaterThan(200);
        assertThat(service.users().lost()).isEmpty();
        assertThat(service.users().waited() * 100 / service.users().came()).isLessThan(2);
    }

    @Test
    void startsFromNothingForThoseWhoWaitAndEndsWithNothing() {
        SimulatedService service = run(Scenarios.stampede(), 42);

        assertThat(service.timeline.samples.get(60).containers()).as("before").isZero();
        assertThat(service.timeline.mostReady()).isGreaterThan(9);
        assertThat(service.users().longestWaitMs()).isLessThan(12 * MINUTE_MS);
        assertThat(service.users().lost()).isEmpty();
        assertThat(service.timeline
                        .samples
                        .get(service.timeline.samples.size() - 1)
                        .target())
                .as("after")
                .isZero();
    }

    @Test
    void givesBackWhatAShrunkenQueueDoesNotHoldWithoutLosingASession() {
        SimulatedService service = run(Scenarios.shrinkingQueue(), 42);

        assertThat(service.users().lost()).isEmpty();
        for (Timeline.Sample sample : service.timeline.samples) {
            if (sample.hour() > 12.1 && sample.hour() < 18) {
                assertThat(sample.target()).isLessThanOrEqualTo(7);
            }
        }
        assertThat(service.decisions)
                .anySatisfy(decision -> assertThat(decision).contains("can hold 7 servers"));
    }

    @Test
    void givesUpTheEmptiestWhenAnotherQueueWantsItsShareBack() {
        SimulatedService service = run(Scenarios.preemptionStorm(), 42);

        assertThat(service.decisions)
                .anySatisfy(decision -> assertThat(decision).contains("YARN wants back", "emptiest first"));
        for (Timeline.Sample sample : service.timeline.samples) {
            if (sample.hour() > 14.3 && sample.hour() < 15) {
                assertThat(sample.target()).as("stays low until it is over").isLessThanOrEqualTo(9);
            }
        }
    }

    @Test
    void losesOnlySessionsThatOutlastTheTimeOfALeavingNode() {
        SimulatedService service = run(Scenarios.leavingNodes(), 42);

        int lost = service.users().lost().values().stream()
                .mapToInt(Integer::intValue)
                .sum();
        assertThat(service.users().lost()).containsOnlyKeys(DeathCause.NODE_DECOMMISSIONED);
        assertThat(lost * 100.0 / service.users().came())
                .as("percent of sessions lost")
                .isLessThan(8);
    }

    @Test
    void withdrawsWhatABusyClusterDoesNotGiveAndSaysWhy() {
        SimulatedService service = run(Scenarios.busyCluster(), 42);

        assertThat(service.decisions)
                .anySatisfy(decision -> assertThat(decision)
                        .contains("YARN gave no container for 2 min: no running node has 4096 MiB free"));
        assertThat(service.timeline.mostReady()).isGreaterThan(6);
        assertThat(service.users().lost()).isEmpty();
    }

    @Test
    void isTheSameDayAgainForTheSameSeed() {
        SimulatedService one = SimulatedService.run(Scenarios.lunchSpike(), 99);
        SimulatedService other = SimulatedService.run(Scenarios.lunchSpike(), 99);
        SimulatedService another = SimulatedService.run(Scenarios.lunchSpike(), 100);

        assertThat(other.timeline.samples).isEqualTo(one.timeline.samples);
        assertThat(other.decisions).isEqualTo(one.decisions);
        assertThat(another.timeline.samples).isNotEqualTo(one.timeline.samples);
    }
}
