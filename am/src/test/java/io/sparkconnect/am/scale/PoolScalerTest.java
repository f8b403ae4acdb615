/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ScalingStatus.Limit;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Servers hold 10 sessions and are filled to 80 %; one step is two servers up and one down. */
class PoolScalerTest {
    private static final Room WIDE = new Room(100, Limit.QUEUE, "queue q holds 100 servers", "queue q is full", false);
    private static final PoolScaling HOW = new PoolScaling(
            0,
            80,
            0,
            2,
            Duration.ofSeconds(15).toMillis(),
            1,
            Duration.ofMinutes(1).toMillis(),
            Duration.ofMinutes(10).toMillis(),
            Duration.ofMinutes(2).toMillis(),
            Duration.ofMinutes(5).toMillis(),
            0);

    private final PoolScaler scaler = new PoolScaler();
    private PoolSpec pool = pool(1, 10, HOW);
    private Room room = WIDE;
    private long nowMs = 1_000_000;
    private int slots;
    private int up;
    private int sessions;
    private int held;
    private int operations;
    private int strained;
    private int strainedSessions;
    private boolean known = true;
    private String lastGrounds = "";

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
    void stopsWhereTheQueueEnds() {
        room = new Room(4, Limit.QUEUE, "queue q holds 4 servers", "", false);
        sessions = 500;

        assertThat(settle()).isEqualTo(4);
        assertThat(decide().limit()).isEqualTo(Limit.QUEUE);
        assertThat(decide().reason()).contains("queue q holds 4 servers");
    }

    @Test
    void asksForTheMinimumEvenWhereThereIsNoRoom() {
        pool = pool(3, 10, HOW);
        room = new Room(0, Limit.QUEUE, "queue q holds none", "", false);

        assertThat(decide().target()).isEqualTo(3);
    }

    @Test
    void asksBeyondTheUnknown() {
        room = Room.UNKNOWN;
        sessions = 30;

        assertThat(settle()).isEqualTo(4);
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
    void withdrawsAsksThatYarnDoesNotAnswerAndTriesAgainLater() {
        running(1);
        sessions = 30;
        assertThat(decide().target()).isEqualTo(3);
        slots = 3;
        passes(Duration.ofSeconds(119));
        assertThat(decide().target()).isEqualTo(3);

        passes(Duration.ofSeconds(2));

        ScalingDecision withdrawn = decide();
        assertThat(withdrawn.target()).isEqualTo(1);
        assertThat(withdrawn.limit()).isEqualTo(Limit.PENDING);
        assertThat(withdrawn.grounds()).isEqualTo("YARN gave no container for 2 min: queue q is full");
        slots = 1;
        passes(Duration.ofMinutes(4));
        assertThat(decide().target()).isEqualTo(1);
        passes(Duration.ofMinutes(1));
        assertThat(decide().target()).isEqualTo(3);
    }

    @Test
    void asksLessAndLessOftenOfAClusterThatGivesNothing() {
        running(1);
        sessions = 30;
        decide();
        slots = 3;
        int tries = 0;
        for (int minute = 0; minute < 360; minute++) {
            passes(Duration.ofMinutes(1));
            int target = decide().target();
            tries += target > slots ? 1 : 0;
            slots = target;
        }

        assertThat(tries).isBetween(5, 10);
    }

    @Test
    void asksAgainAtOnceWhenThereIsRoom() {
        running(1);
        sessions = 30;
        decide();
        slots = 3;
        passes(Duration.ofSeconds(122));
        assertThat(decide().target()).isEqualTo(1);
        slots = 1;

        room = new Room(100, Limit.QUEUE, "", "", true);
        passes(Duration.ofSeconds(15));

        assertThat(decide().target()).isEqualTo(3);
    }

    @Test
    void doesNotTrustFiguresThatPromisedRoomInVain() {
        room = new Room(100, Limit.QUEUE, "", "a user limit may be why", true);
        running(1);
        sessions = 30;
        decide();
        slots = 3;
        passes(Duration.ofSeconds(122));
        assertThat(decide().target()).isEqualTo(1);
        slots = 1;

        passes(Duration.ofMinutes(4));

        assertThat(decide().target()).isEqualTo(1);
    }

    @Test
    void isPatientWhileYarnGivesSomething() {
        running(1);
        sessions = 50;
        decide();
        for (int given = 1; given <= 3; given++) {
            slots = 3;
            up = given;
            passes(Duration.ofSeconds(100));
            assertThat(decide().target()).isGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void neverWithdrawsAsksForTheMinimum() {
        pool = pool(3, 10, HOW);
        assertThat(decide().target()).isEqualTo(3);
        slots = 3;

        passes(Duration.ofHours(1));

        assertThat(decide().target()).isEqualTo(3);
    }

    @Test
    void givesBackWhatASmallerQueueDoesNotHoldOnceTheFiguresHaveSettled() {
        sessions = 70;
        assertThat(settle()).isEqualTo(9);
        room = new Room(5, Limit.QUEUE, "queue q holds 5 servers", "", false);
        passes(Duration.ofSeconds(119));
        assertThat(decide().target())
                .as("a restarting ResourceManager tells such things")
                .isEqualTo(9);

        passes(Duration.ofSeconds(2));

        assertThat(decide().target()).isEqualTo(5);
        assertThat(decide().reason()).contains("9 servers are needed", "queue q holds 5 servers");
    }

    @Test
    void givesAsManyFewerAsYarnWantsBackHoweverOftenItSaysSo() {
        sessions = 70;
        assertThat(settle()).isEqualTo(9);

        assertThat(scaler.wishedBack(Set.of("c1", "c2"), pool, nowMs)).isEqualTo(2);
        assertThat(scaler.wishedBack(Set.of("c1", "c2"), pool, nowMs)).isZero();

        assertThat(decide().target()).isEqualTo(7);
        assertThat(decide().limit()).isEqualTo(Limit.PREEMPTION);
        scaler.wishedBack(Set.of("c2", "c3"), pool, nowMs);
        assertThat(decide().target()).isEqualTo(6);
        scaler.taken("c1", pool, nowMs);
        assertThat(decide().target()).as("it had said so").isEqualTo(6);
        running(6);
        passes(Duration.ofMinutes(5));
        assertThat(settle()).isEqualTo(9);
    }

    @Test
    void goesBelowTheMinimumWhenYarnWantsItButNotForLong() {
        pool = pool(3, 10, HOW);
        running(3);
        assertThat(decide().target()).isEqualTo(3);

        scaler.wishedBack(Set.of("c1"), pool, nowMs);

        assertThat(decide().target()).isEqualTo(2);
        passes(Duration.ofMinutes(1));
        assertThat(decide().target()).isEqualTo(3);
    }

    @Test
    void wantsOneFewerForAWhileWhenYarnHasTakenOneUnasked() {
        sessions = 70;
        assertThat(settle()).isEqualTo(9);

        scaler.taken("c1", pool, nowMs);

        assertThat(decide().target()).isEqualTo(8);
        passes(Duration.ofMinutes(5));
        assertThat(decide().target()).isEqualTo(9);
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

    private ScalingDecision decide() {
        int holding = Math.max(up, slots == up ? up : Math.min(slots, up));
        PoolLoad load = new PoolLoad(
                slots, holding, up, slots - holding, sessions, held, operations, strained, strainedSessions, known);
        ScalingDecision decision = scaler.decide(pool, load, room, nowMs);
        if (!decision.grounds().isEmpty()) {
            lastGrounds = decision.grounds();
        }
        return decision;
    }

    private void running(int count) {
        slots = count;
        up = count;
    }

    /** Lets every server that is wanted come up at once; yields the target when it stays. */
    private int settle() {
        int before;
        do {
            before = decide().target();
            running(before);
            passes(Duration.ofSeconds(15));
        } while (decide().target() != before);
        return before;
    }

    /** In small steps, as a real core decides. */
    private void passes(Duration time) {
        long until = nowMs + time.toMillis();
        while (nowMs < until - 1_000) {
            nowMs += 1_000;
            if (nowMs < until - 1_000) {
                decide();
            }
        }
        nowMs = until;
    }

    private static PoolScaling spare(int servers) {
        return new PoolScaling(servers, 80, 0, 2, 15_000, 1, 60_000, 600_000, 120_000, 300_000, 0);
    }

    private static PoolSpec pool(int least, int most, @Nullable PoolScaling how) {
        return PoolSpec.builder("default")
                .servers(least, most)
                .queue("q")
                .spark("/opt/spark", null)
                .sessionsPerServer(10)
                .scaling(how)
                .build();
    }
}
