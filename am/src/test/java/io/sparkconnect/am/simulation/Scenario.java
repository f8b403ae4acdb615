/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * What users and cluster do in a simulated time; functions take hours since its begin. It begins as a cluster of plenty that
 * nobody else uses, and is made worse before it is run.
 */
final class Scenario {
    static final int SERVER_MIB = 4096;

    /** The ApplicationMaster's own container is in the queue too. */
    static final int MASTER_MIB = 768;

    private static final double PLENTY = 1e9;

    private final String name;
    private final String title;
    private final Duration length;
    private final PoolSpec pool;
    private final DoubleUnaryOperator arrivalsPerHour;
    private DoubleUnaryOperator sessionMinutes;
    private int nodes = 20;
    private int nodeMiB = 16 * SERVER_MIB;
    private DoubleUnaryOperator queueMiB = hour -> PLENTY;
    private DoubleUnaryOperator leftToUsMiB = hour -> PLENTY;
    private DoubleUnaryOperator othersOnNodes = hour -> 0;
    private double leavingEveryHours;
    private double attemptsLastHours;
    private DoubleUnaryOperator othersInQueueMiB = hour -> 0;
    private double userLimitFactor;
    private double toldShare = 1;
    private int proxiesSeeWithinMs = 5_000;
    private boolean serversCount = true;
    private boolean evenUsers;
    private double sessionSpread = 0.8;
    private int mostTurns = Integer.MAX_VALUE;
    private final List<Course> courses = new ArrayList<>();

    /**
     * What the target may do between two hours of each day; a load that only rises is no reason to fall.
     *
     * @param mayRise whether it may rise then
     * @param mayFall whether it may fall then
     */
    record Course(double fromHour, double untilHour, boolean mayRise, boolean mayFall) {
        boolean covers(double hour) {
            return hour % 24 >= fromHour && hour % 24 < untilHour;
        }
    }

    Scenario(
            String name,
            String title,
            Duration length,
            PoolSpec pool,
            DoubleUnaryOperator arrivalsPerHour,
            double sessionMinutes) {
        this.name = name;
        this.title = title;
        this.length = length;
        this.pool = pool;
        this.arrivalsPerHour = arrivalsPerHour;
        this.sessionMinutes = hour -> sessionMinutes;
    }

    /** @param minutes mean length of sessions that begin at an hour */
    Scenario withSessionMinutes(DoubleUnaryOperator minutes) {
        sessionMinutes = minutes;
        return this;
    }

    Scenario withNodes(int count, int sizeMiB) {
        nodes = count;
        nodeMiB = sizeMiB;
        return this;
    }

    /** @param servers what the queue can hold at an hour beside the ApplicationMaster */
    Scenario withQueue(DoubleUnaryOperator servers) {
        queueMiB = hour -> servers.applyAsDouble(hour) * SERVER_MIB + MASTER_MIB;
        return this;
    }

    /** @param servers what preemption lets the queue keep at an hour */
    Scenario withPreemptionDownTo(DoubleUnaryOperator servers) {
        leftToUsMiB = hour -> servers.applyAsDouble(hour) * SERVER_MIB;
        return this;
    }

    /** @param share of each node that other applications hold at an hour */
    Scenario withOthersOnNodes(DoubleUnaryOperator share) {
        othersOnNodes = share;
        return this;
    }

    /** One node after the other is decommissioned, and comes back later. */
    Scenario withNodesLeavingEvery(double hours) {
        leavingEveryHours = hours;
        return this;
    }

    /** @param servers room in the queue that other applications have taken at an hour, in servers */
    Scenario withOthersInQueue(DoubleUnaryOperator servers) {
        othersInQueueMiB = hour -> servers.applyAsDouble(hour) * SERVER_MIB;
        return this;
    }

    /** @param factor how many times the queue's guaranteed half one user may hold */
    Scenario withUserLimit(double factor) {
        userLimitFactor = factor;
        return this;
    }

    /** The ResourceManager tells of a queue so many times as large as it is. For tests of the judge. */
    Scenario withQueueToldAs(double share) {
        toldShare = share;
        return this;
    }

    /** What proxies see of the registry is up to so old. */
    Scenario withProxiesThatSeeWithin(Duration latest) {
        proxiesSeeWithinMs = (int) latest.toMillis();
        return this;
    }

    /** Of Spark 3.x, whose servers cannot tell how many sessions they have. */
    Scenario withServersThatCannotCount() {
        serversCount = false;
        return this;
    }

    /** Users come as by the clock and all stay equally long, so that a constant load is really constant. */
    Scenario withEvenUsers() {
        evenUsers = true;
        return this;
    }

    /** @param spread 0 for sessions that are all equally long */
    Scenario withSessionsSpread(double spread) {
        sessionSpread = spread;
        return this;
    }

    /** @param most how often the target may turn, from up to down or from down to up, in all the time */
    Scenario turnsAtMost(int most) {
        mostTurns = most;
        return this;
    }

    Scenario neverFallsBetween(double fromHour, double untilHour) {
        courses.add(new Course(fromHour, untilHour, true, false));
        return this;
    }

    Scenario neverRisesBetween(double fromHour, double untilHour) {
        courses.add(new Course(fromHour, untilHour, false, true));
        return this;
    }

    Scenario staysBetween(double fromHour, double untilHour) {
        courses.add(new Course(fromHour, untilHour, false, false));
        return this;
    }

    /** The ApplicationMaster is killed again and again. */
    Scenario withAttemptsThatLast(double hours) {
        attemptsLastHours = hours;
        return this;
    }

    /** The settings' own defaults, but for the bounds. */
    static PoolSpec pool(int least, int most) {
        PoolScaling defaults = new PoolScaling(0, 80, 0, 4, 15_000, 1, 60_000, 600_000, 120_000, 300_000, 0);
        return PoolSpec.builder("default")
                .servers(least, most)
                .memory(SERVER_MIB - 512, 512)
                .spark("/opt/spark", null)
                .scaling(defaults)
                .build();
    }

    String name() {
        return name;
    }

    String title() {
        return title;
    }

    Duration length() {
        return length;
    }

    PoolSpec pool() {
        return pool;
    }

    int nodes() {
        return nodes;
    }

    int nodeMiB() {
        return nodeMiB;
    }

    double arrivalsPerHour(double hour) {
        return arrivalsPerHour.applyAsDouble(hour);
    }

    double sessionMinutes(double hour) {
        return sessionMinutes.applyAsDouble(hour);
    }

    /** The queue's maximum. */
    double queueMiB(double hour) {
        return queueMiB.applyAsDouble(hour);
    }

    /** What the queue may hold before containers are taken from it. */
    double leftToUsMiB(double hour) {
        return leftToUsMiB.applyAsDouble(hour);
    }

    double othersOnNodes(double hour) {
        return othersOnNodes.applyAsDouble(hour);
    }

    /** 0 for never. */
    double leavingEveryHours() {
        return leavingEveryHours;
    }

    /** 0 for ever. */
    double attemptsLastHours() {
        return attemptsLastHours;
    }

    double othersInQueueMiB(double hour) {
        return othersInQueueMiB.applyAsDouble(hour);
    }

    /** 0 where nobody knows of one. */
    double userLimitFactor() {
        return userLimitFactor;
    }

    double toldShare() {
        return toldShare;
    }

    int proxiesSeeWithinMs() {
        return proxiesSeeWithinMs;
    }

    boolean serversCount() {
        return serversCount;
    }

    boolean evenUsers() {
        return evenUsers;
    }

    double sessionSpread() {
        return sessionSpread;
    }

    int mostTurns() {
        return mostTurns;
    }

    List<Course> courses() {
        return courses;
    }

    /** For the names of tests. */
    @Override
    public String toString() {
        return name + (attemptsLastHours > 0 ? ", attempts are killed every " + attemptsLastHours + " h" : "");
    }
}
