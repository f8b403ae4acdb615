/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the judge of the simulation must not let pass; the last tests run whole days that are rigged against the core. */
class JudgeTest {
    private static final int MINUTE = 60_000;

    private final Judge judge = new Judge(2, 10, 0);

    @Test
    void acceptsWhatIsWithinAllBounds() {
        for (int minute = 1; minute < 60; minute++) {
            judge.look(at(minute).servers(8, 2).ready(8).queue(10).now());
        }
        judge.givenUp(0, List.of("a"), List.of("b"), Map.of("a", 1, "b", 1)::get);
        judge.lost(Map.of(DeathCause.NODE_LOST, 3), DeathCause.SCALED_IN);

        assertThat(judge.violations()).isEmpty();
    }

    @Test
    void seesATargetAboveTheMaximum() {
        judge.look(at(1).target(11).now());

        assertThat(judge.violations()).singleElement().asString().contains("the target is above the maximum 10");
    }

    @Test
    void seesOneAskMoreThanTheMaximumAllows() {
        judge.look(at(1).servers(8, 2).asks(1).ready(8).queue(20).now());

        assertThat(judge.violations()).singleElement().asString().contains("servers and asks are above the maximum 10");
    }

    @Test
    void seesAsksThatTheQueueCanNeverAnswerThoughItGivesNothingForThem() {
        judge.look(at(1).servers(4, 0).ready(4).asks(1).queue(4).now());

        assertThat(judge.violations())
                .singleElement()
                .asString()
                .contains("asks for more than queue and nodes hold: 4");
    }

    @Test
    void givesAsksAMinuteAndServersThreeAfterTheQueueShrank() {
        judge.look(at(1).servers(7, 0).ready(7).asks(1).queue(8).now());
        judge.look(at(2).servers(7, 0).ready(7).asks(1).queue(4).now());
        judge.look(at(4).servers(7, 0).ready(7).queue(4).now());
        assertThat(judge.violations()).isEmpty();

        judge.look(at(5).servers(7, 0).ready(7).queue(4).asks(1).now());

        assertThat(judge.violations())
                .hasSize(2)
                .anyMatch(text -> text.contains("asks for more than queue and nodes hold: 4"))
                .anyMatch(text -> text.contains("keeps more servers than queue and nodes hold: 4"));
    }

    @Test
    void letsServersBeyondAShrunkenQueueDrainAsLongAsTheyNeed() {
        for (int minute = 1; minute < 600; minute++) {
            judge.look(at(minute).servers(4, 4).ready(4).queue(4).now());
        }

        assertThat(judge.violations()).isEmpty();
    }

    @Test
    void seesAsksThatAreNeverWithdrawn() {
        judge.look(at(10).servers(4, 0)
                .ready(4)
                .asks(2)
                .unanswered(Duration.ofMinutes(2))
                .now());
        assertThat(judge.violations()).isEmpty();

        judge.look(at(11).servers(4, 0)
                .ready(4)
                .asks(2)
                .unanswered(Duration.ofMinutes(3))
                .now());

        assertThat(judge.violations()).singleElement().asString().contains("are not withdrawn");
    }

    @Test
    void letsTheMinimumBeAskedForForEver() {
        judge.look(at(60).servers(1, 0)
                .ready(1)
                .asks(1)
                .room(1)
                .unanswered(Duration.ofMinutes(59))
                .now());

        assertThat(judge.violations()).isEmpty();
    }

    @Test
    void seesAMinimumThatIsNotThereThoughThereHasBeenRoom() {
        judge.look(at(1).servers(1, 0).ready(1).room(1).now());
        judge.look(at(4).servers(1, 0).ready(1).now());
        assertThat(judge.violations()).isEmpty();

        judge.look(at(5).servers(1, 0).ready(1).now());

        assertThat(judge.violations())
                .singleElement()
                .asString()
                .contains("fewer servers are ready than the minimum 2");
    }

    @Test
    void seesThatAFullerServerIsGivenUp() {
        judge.givenUp(MINUTE, List.of("a", "b"), List.of("c"), Map.of("a", 1, "b", 3, "c", 2)::get);

        assertThat(judge.violations())
                .singleElement()
                .asString()
                .contains("gives up b with 3 sessions, and keeps c with 2");
    }

    @Test
    void seesATargetThatTurnsMoreOftenThanItsLoad() {
        Timeline timeline = new Timeline();
        int[] targets = {3, 4, 5, 4, 5};
        for (int hour = 0; hour < targets.length; hour++) {
            timeline.targetIs(targets[hour], hour, hour == 0);
        }

        judge.course(aDay().turnsAtMost(2), timeline);
        assertThat(judge.violations()).isEmpty();
        judge.course(aDay().turnsAtMost(1), timeline);
        judge.course(aDay().staysBetween(1.5, 2.5), timeline);
        judge.course(aDay().neverFallsBetween(2.5, 4), timeline);
        judge.course(aDay().neverRisesBetween(3.5, 5), timeline);

        assertThat(judge.violations())
                .containsExactly(
                        "flaps: the target turned 2 times (expected: 1)",
                        "flaps: at hour 2.00 the target goes from 4 to 5, between 1.5 and 2.5",
                        "flaps: at hour 3.00 the target goes from 5 to 4, between 2.5 and 4.0",
                        "flaps: at hour 4.00 the target goes from 4 to 5, between 3.5 and 5.0");
    }

    @Test
    void seesSessionsThatAreLostByChoice() {
        judge.lost(Map.of(DeathCause.SCALED_IN, 1), DeathCause.SCALED_IN);

        assertThat(judge.violations()).containsExactly("loses sessions by choice: 1 SCALED_IN");
    }

    @Test
    void seesACoreThatIsToldOfALargerQueueThanThereIs() {
        SimulatedService misled = SimulatedService.run(Scenarios.sharedQueue().withQueueToldAs(2), 42);

        assertThat(misled.violations()).anyMatch(text -> text.contains("asks for more than queue and nodes hold"));
    }

    @Test
    void seesTheSessionsOfProxiesThatLearnOfADrainTooLate() {
        SimulatedService late =
                SimulatedService.run(Scenarios.briefSessions().withProxiesThatSeeWithin(Duration.ofSeconds(40)), 42);

        assertThat(late.violations()).anyMatch(text -> text.contains("loses sessions by choice"));
    }

    private static Scenario aDay() {
        return new Scenario("a-day", "", Duration.ofDays(1), Scenario.pool(1, 10), hour -> 0, 1);
    }

    private static MomentBuilder at(int minute) {
        return new MomentBuilder(minute * (long) MINUTE);
    }

    /** A quiet moment of a pool with room for all that it may have, unless said otherwise. */
    private static final class MomentBuilder {
        private final long nowMs;
        private int target = 4;
        private int serving = 4;
        private int draining;
        private int asks;
        private long unansweredMs;
        private int ready = 4;
        private int queue = 10;
        private int room = 10;

        private MomentBuilder(long nowMs) {
            this.nowMs = nowMs;
        }

        MomentBuilder target(int servers) {
            target = servers;
            return this;
        }

        MomentBuilder servers(int count, int thatDrain) {
            serving = count;
            draining = thatDrain;
            return this;
        }

        MomentBuilder asks(int count) {
            asks = count;
            return this;
        }

        MomentBuilder unanswered(Duration time) {
            unansweredMs = time.toMillis();
            return this;
        }

        MomentBuilder ready(int count) {
            ready = count;
            return this;
        }

        MomentBuilder queue(int servers) {
            queue = servers;
            return this;
        }

        MomentBuilder room(int servers) {
            room = servers;
            return this;
        }

        Judge.Moment now() {
            return new Judge.Moment(nowMs, target, serving, draining, asks, unansweredMs, ready, queue, room);
        }
    }
}
