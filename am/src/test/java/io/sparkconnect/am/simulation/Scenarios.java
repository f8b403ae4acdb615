/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import java.time.Duration;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** The days that the service must get through. */
final class Scenarios {
    private Scenarios() {}

    /** An office: nobody at night, most at three in the afternoon. */
    private static DoubleUnaryOperator office(double most) {
        return hour -> most * StrictMath.pow(Math.max(0, StrictMath.sin((hour % 24 - 7) / 13 * Math.PI)), 1.5);
    }

    /** Each morning up, each evening down. */
    static Scenario dailyWave() {
        return new Scenario(
                        "daily-wave",
                        "Three office days, 1 to 20 servers",
                        Duration.ofDays(3),
                        Scenario.pool(1, 20),
                        office(500),
                        75)
                .turnsAtMost(5)
                .neverFallsBetween(6, 13.5)
                .neverRisesBetween(16, 24);
    }

    /** Up in the morning, down in the evening. */
    static Scenario large() {
        return new Scenario(
                        "large",
                        "An office of 10,000 sessions, 10 to 230 servers",
                        Duration.ofDays(1),
                        Scenario.pool(10, 230),
                        office(6_800),
                        100)
                .turnsAtMost(1)
                .neverFallsBetween(6, 13.5)
                .neverRisesBetween(16, 24);
    }

    /** The day and the class are two hills at most. */
    static Scenario lunchSpike() {
        DoubleUnaryOperator day = office(150);
        return new Scenario(
                        "lunch-spike",
                        "A class of 400 begins at noon",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        hour -> day.applyAsDouble(hour) + (hour % 24 >= 12 && hour % 24 < 12.25 ? 1_600 : 0),
                        50)
                .turnsAtMost(3);
    }

    static Scenario stampede() {
        return new Scenario(
                        "stampede",
                        "From no server: 600 notebooks within ten minutes",
                        Duration.ofHours(12),
                        Scenario.pool(0, 20),
                        hour -> hour >= 2 && hour < 2 + 1 / 6.0 ? 3_600 : 0,
                        40)
                .turnsAtMost(1);
    }

    /** Up and down on each of three days. */
    static Scenario slowLeak() {
        return new Scenario(
                        "slow-leak",
                        "Sessions that nobody closes: they last longer every day",
                        Duration.ofDays(3),
                        Scenario.pool(2, 12),
                        hour -> 20 + office(60).applyAsDouble(hour),
                        60)
                .withSessionMinutes(hour -> 60 + 10 * hour)
                .turnsAtMost(5);
    }

    /** Up, down at noon, up at six, down in the evening. */
    static Scenario shrinkingQueue() {
        return new Scenario(
                        "shrinking-queue",
                        "From noon to six the queue holds 7 servers instead of 16",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        hour -> hour >= 7 && hour < 19 ? 390 : 30,
                        60)
                .withQueue(hour -> hour >= 12 && hour < 18 ? 7 : 16)
                .turnsAtMost(3);
    }

    /** Down whenever the other queue takes, five times, and up at most once after each. */
    static Scenario preemptionStorm() {
        return new Scenario(
                        "preemption-storm",
                        "From two to three another queue takes back all but 5 servers, again and again",
                        Duration.ofDays(1),
                        Scenario.pool(3, 20),
                        office(450),
                        45)
                .withPreemptionDownTo(hour -> hour >= 14 && hour < 15 && hour * 60 % 12 < 4 ? 5 : 100)
                .turnsAtMost(9);
    }

    /** A node that leaves changes who serves, and not how many shall. */
    static Scenario leavingNodes() {
        return new Scenario(
                        "leaving-nodes",
                        "Every two hours another of eight nodes leaves, within an hour, and comes back",
                        Duration.ofDays(1),
                        Scenario.pool(2, 12),
                        office(600),
                        30)
                .withNodes(8, 4 * Scenario.SERVER_MIB)
                .withNodesLeavingEvery(2)
                .turnsAtMost(1);
    }

    /** Each vain try is a turn up and a turn down. With pauses of 5, 10, 20, 40 and then 60 minutes, and two minutes of
     * patience each, nine fit into six hours. */
    static Scenario busyCluster() {
        return new Scenario(
                        "busy-cluster",
                        "Batch jobs fill nine tenths of every node from ten to four",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        office(450),
                        60)
                .withNodes(20, 10 * Scenario.SERVER_MIB)
                .withOthersOnNodes(hour -> hour >= 10 && hour < 16 ? 0.95 : 0.2)
                .turnsAtMost(19);
    }

    /** Nothing to do once they are there. */
    static Scenario flat() {
        return new Scenario(
                        "flat",
                        "As many come as go, all day: 260 sessions",
                        Duration.ofDays(1),
                        Scenario.pool(2, 12),
                        hour -> 260,
                        60)
                .withEvenUsers()
                .turnsAtMost(0)
                .staysBetween(3, 24);
    }

    /**
     * Just as many as 38 servers take when they are filled: a load that is above and below it every few minutes. With what
     * is between filling and giving up there is nothing to turn back.
     */
    static Scenario noisy() {
        return new Scenario(
                        "noisy",
                        "Sessions of ten minutes, as many as 38 servers take: now more, now fewer",
                        Duration.ofHours(12),
                        Scenario.pool(1, 60),
                        hour -> 38 * 48 * 6,
                        10)
                .turnsAtMost(0);
    }

    /** Up and down in each hour. */
    static Scenario briefSessions() {
        return new Scenario(
                        "brief-sessions",
                        "A burst each hour, and in between somebody who stays for a minute: servers are given up while users come",
                        Duration.ofDays(1),
                        Scenario.pool(1, 12),
                        hour -> hour % 1 < 0.1 ? 6_000 : 240,
                        1)
                .turnsAtMost(47);
    }

    static Scenario cannotCount() {
        return new Scenario(
                        "cannot-count",
                        "The same on Spark 3.5, whose servers cannot count their sessions",
                        Duration.ofDays(1),
                        Scenario.pool(1, 12),
                        hour -> hour % 1 < 0.1 ? 6_000 : 240,
                        1)
                .withServersThatCannotCount()
                .turnsAtMost(47);
    }

    /** Up, down when others take their share, up when they give it back, down in the evening. */
    static Scenario sharedQueue() {
        return new Scenario(
                        "shared-queue",
                        "A queue for 16 servers gives one user 11 of them, and others take 10 from ten to two",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        office(700),
                        60)
                .withQueue(hour -> 15.95)
                .withUserLimit(1.5)
                .withOthersInQueue(hour -> hour >= 10 && hour < 14 ? 10 : 0)
                .turnsAtMost(3);
    }

    static Scenario fewNodes() {
        return new Scenario(
                        "few-nodes",
                        "A large queue on three nodes for two servers each",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        office(700),
                        60)
                .withNodes(3, 2 * Scenario.SERVER_MIB)
                .turnsAtMost(1);
    }

    static Scenario full() {
        return new Scenario(
                        "full",
                        "More than the maximum could take",
                        Duration.ofDays(1),
                        Scenario.pool(2, 8),
                        office(700),
                        60)
                .turnsAtMost(1);
    }

    static Scenario dyingMasters() {
        return dailyWave().withAttemptsThatLast(1.7);
    }

    static List<Scenario> all() {
        return List.of(
                dailyWave(),
                large(),
                lunchSpike(),
                stampede(),
                slowLeak(),
                shrinkingQueue(),
                preemptionStorm(),
                leavingNodes(),
                busyCluster(),
                flat(),
                noisy(),
                briefSessions(),
                cannotCount(),
                sharedQueue(),
                fewNodes(),
                full());
    }
}
