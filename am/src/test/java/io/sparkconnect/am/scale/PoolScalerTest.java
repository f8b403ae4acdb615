/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.ScalingStatus.Limit;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A pool's size follows its load. */
class PoolScalerTest extends ScalerStory {
    @Test
    void keepsTheMinimumWithoutLoad() {
        assertThat(decide().target()).isEqualTo(1);
        assertThat(decide().reason()).isEmpty();
    }

    @Test
    void keepsTheMinimumWhateverTheLoadWhenScalingIsOff() {
        pool = pool(3, 10, null);
        sessions = 90;

        assertThat(decide().target()).isEqualTo(3);
        assertThat(decide().limit()).isEqualTo(Limit.NONE);
    }

    @Test
    void saysThatTheSizeIsFixedWhenMinimumAndMaximumAreTheSame() {
        pool = pool(3, 3, HOW);
        sessions = 90;

        assertThat(decide().target()).isEqualTo(3);
        assertThat(decide().limit()).isEqualTo(Limit.FIXED);
        assertThat(decide().reason()).contains("12 servers are needed", "sparkconnect.servers.min");
    }

    @Test
    void wantsOneMoreBeforeServersAreFull() {
        running(1);
        sessions = 8;
        assertThat(decide().target()).isEqualTo(1);

        sessions = 9;

        assertThat(decide().target()).isEqualTo(2);
    }

    @Test
    void saysWhatANewServerIsFor() {
        running(1);
        sessions = 9;
        held = 3;

        assertThat(decide().grounds()).isEqualTo("9 sessions and 3 waiting at the proxies, 8 to a server");
        assertThat(decide().grounds()).as("only once").isEmpty();
    }

    @Test
    void startsTheFirstServerForTheFirstWaitingSession() {
        pool = pool(0, 10, HOW);
        assertThat(decide().target()).isZero();

        held = 1;

        assertThat(decide().target()).isEqualTo(1);
    }

    @Test
    void keepsSpareServersOnlyWhereServersAreKept() {
        pool = pool(0, 10, spare(2));
        assertThat(decide().target()).as("from zero").isZero();
        held = 1;
        assertThat(settle()).isEqualTo(3);

        pool = pool(1, 10, spare(2));
        held = 0;
        assertThat(settle()).isEqualTo(3);
    }

    @Test
    void goesUpAStepAtATimeAndSaysSo() {
        running(1);
        sessions = 10;
        held = 60;

        ScalingDecision first = decide();
        assertThat(first.target()).isEqualTo(3);
        assertThat(first.limit()).isEqualTo(Limit.STEP);
        passes(Duration.ofMinutes(1));
        assertThat(decide().target()).as("the first step is not up yet").isEqualTo(3);
        running(3);

        assertThat(decide().target()).isEqualTo(5);
    }

    @Test
    void waitsBetweenStepsUp() {
        running(1);
        sessions = 50;
        assertThat(decide().target()).isEqualTo(3);
        running(3);
        passes(Duration.ofSeconds(14));
        assertThat(decide().target()).isEqualTo(3);

        passes(Duration.ofSeconds(1));

        assertThat(decide().target()).isEqualTo(5);
    }

    @Test
    void stopsAtTheMaximumAndNamesIt() {
        sessions = 500;

        assertThat(settle()).isEqualTo(10);
        assertThat(decide().limit()).isEqualTo(Limit.MAXIMUM);
        assertThat(decide().reason()).isEqualTo("63 servers are needed: sparkconnect.servers.max is 10");
    }

    @Test
    void givesOneUpWhenFewerHaveBeenEnoughForLongEnough() {
        sessions = 30;
        assertThat(settle()).isEqualTo(4);
        sessions = 3;
        assertThat(decide().limit()).isEqualTo(Limit.IDLE);
        passes(Duration.ofMinutes(9));
        assertThat(decide().target()).isEqualTo(4);

        passes(Duration.ofSeconds(62));

        assertThat(decide().target()).as("one at a time").isEqualTo(3);
        assertThat(lastGrounds).isEqualTo("no more were needed for 10 min");
        passes(Duration.ofMinutes(1));
        assertThat(decide().target()).isEqualTo(2);
    }

    @Test
    void doesNotStartAndStopAServerForASessionThatComesAndGoes() {
        running(1);
        sessions = 9;
        assertThat(settle()).isEqualTo(2);

        sessions = 8;
        passes(Duration.ofHours(3));
        assertThat(decide().target()).isEqualTo(2);

        sessions = 7;
        passes(Duration.ofMinutes(11));
        assertThat(decide().target()).isEqualTo(1);
    }

    @Test
    void keepsWhatTheBusiestMomentNeeded() {
        sessions = 30;
        assertThat(settle()).isEqualTo(4);
        for (int i = 0; i < 12; i++) {
            sessions = 3;
            passes(Duration.ofMinutes(8));
            assertThat(decide().target()).isEqualTo(4);
            sessions = 30;
            passes(Duration.ofMinutes(1));
            assertThat(decide().target()).isEqualTo(4);
        }
    }

    @Test
    void givesNothingUpWhileTheProxiesAreNotKnown() {
        sessions = 30;
        assertThat(settle()).isEqualTo(4);
        sessions = 0;
        known = false;

        passes(Duration.ofHours(1));

        assertThat(decide().target()).isEqualTo(4);
        assertThat(decide().limit()).isEqualTo(Limit.UNKNOWN);
    }

    @Test
    void keepsWhatAnEarlierAttemptLeftUntilItHasProvedTooMuch() {
        running(6);
        assertThat(decide().target()).isEqualTo(6);
        passes(Duration.ofMinutes(9));
        assertThat(decide().target()).isEqualTo(6);

        passes(Duration.ofMinutes(2));

        assertThat(decide().target()).isEqualTo(5);
    }

    @Test
    void followsTheOperatorsBoundsAtOnce() {
        sessions = 70;
        assertThat(settle()).isEqualTo(9);

        pool = pool(1, 5, HOW);
        assertThat(decide().target()).isEqualTo(5);
        sessions = 10;
        pool = pool(7, 9, HOW);
        assertThat(decide().target()).isEqualTo(7);
    }

    @Test
    void countsAStrainedServerAsFullWhateverItsSessions() {
        running(2);
        sessions = 8;
        strained = 1;
        strainedSessions = 2;
        assertThat(decide().target()).isEqualTo(2);

        strained = 2;
        strainedSessions = 8;
        sessions = 9;

        assertThat(decide().target()).isEqualTo(3);
    }

    @Test
    void countsRunningQueriesWhenAskedTo() {
        pool = pool(1, 10, new PoolScaling(0, 80, 4, 2, 0, 1, 60_000, 600_000, 120_000, 300_000, 0));
        running(1);
        sessions = 2;
        operations = 9;

        assertThat(decide().target()).isEqualTo(3);
        assertThat(decide().needed()).isEqualTo(3);
    }
}
