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

    static Scenario dailyWave() {
        return new Scenario(
                "daily-wave",
                "Three office days, 1 to 20 servers",
                Duration.ofDays(3),
                Scenario.pool(1, 20),
                office(500),
                75);
    }

    static Scenario large() {
        return new Scenario(
                "large",
                "An office of 10,000 sessions, 10 to 230 servers",
                Duration.ofDays(1),
                Scenario.pool(10, 230),
                office(6_800),
                100);
    }

    static Scenario lunchSpike() {
        DoubleUnaryOperator day = office(150);
        return new Scenario(
                "lunch-spike",
                "A class of 400 begins at noon",
                Duration.ofDays(1),
                Scenario.pool(2, 20),
                hour -> day.applyAsDouble(hour) + (hour % 24 >= 12 && hour % 24 < 12.25 ? 1_600 : 0),
                50);
    }

    static Scenario stampede() {
        return new Scenario(
                "stampede",
                "From no server: 600 notebooks within ten minutes",
                Duration.ofHours(12),
                Scenario.pool(0, 20),
                hour -> hour >= 2 && hour < 2 + 1 / 6.0 ? 3_600 : 0,
                40);
    }

    static Scenario slowLeak() {
        return new Scenario(
                        "slow-leak",
                        "Sessions that nobody closes: they last longer every day",
                        Duration.ofDays(3),
                        Scenario.pool(2, 12),
                        hour -> 20 + office(60).applyAsDouble(hour),
                        60)
                .withSessionMinutes(hour -> 60 + 10 * hour);
    }

    static Scenario shrinkingQueue() {
        return new Scenario(
                        "shrinking-queue",
                        "From noon to six the queue holds 7 servers instead of 16",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        hour -> hour >= 7 && hour < 19 ? 390 : 30,
                        60)
                .withQueue(hour -> hour >= 12 && hour < 18 ? 7 : 16);
    }

    static Scenario preemptionStorm() {
        return new Scenario(
                        "preemption-storm",
                        "From two to three another queue takes back all but 5 servers, again and again",
                        Duration.ofDays(1),
                        Scenario.pool(3, 20),
                        office(450),
                        45)
                .withPreemptionDownTo(hour -> hour >= 14 && hour < 15 && hour * 60 % 12 < 4 ? 5 : 100);
    }

    static Scenario leavingNodes() {
        return new Scenario(
                        "leaving-nodes",
                        "Every two hours another of eight nodes leaves, within an hour, and comes back",
                        Duration.ofDays(1),
                        Scenario.pool(2, 12),
                        office(600),
                        30)
                .withNodes(8, 4 * Scenario.SERVER_MIB)
                .withNodesLeavingEvery(2);
    }

    static Scenario busyCluster() {
        return new Scenario(
                        "busy-cluster",
                        "Batch jobs fill nine tenths of every node from ten to four",
                        Duration.ofDays(1),
                        Scenario.pool(2, 20),
                        office(450),
                        60)
                .withNodes(20, 10 * Scenario.SERVER_MIB)
                .withOthersOnNodes(hour -> hour >= 10 && hour < 16 ? 0.95 : 0.2);
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
                busyCluster());
    }
}
