/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.ScalingStatus.Limit;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What YARN has no room for, does not answer, wants back, or takes. */
class ScarceRoomTest extends ScalerStory {
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
}
