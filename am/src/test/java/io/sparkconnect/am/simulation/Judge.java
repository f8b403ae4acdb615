/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * What must hold at every moment, whatever the day brings. It judges what the core asks and does, not what the cluster lets it
 * have, and knows the cluster as it is, not as the core was told.
 */
final class Judge {
    /** From a look at queue and nodes every ten seconds; what others hold in the queue is believed when it was told thrice. */
    private static final long ASKS_FOLLOW_WITHIN_MS = 60_000;

    /** What is held is given back when figures have been so for sparkconnect.scaling.ask.patience, two minutes. */
    private static final long SERVERS_FOLLOW_WITHIN_MS = 180_000;

    /** Two minutes of patience, and what it takes to decide. */
    private static final long ASKS_ARE_WITHDRAWN_WITHIN_MS = 150_000;

    private static final long MINIMUM_IS_READY_WITHIN_MS = 240_000;
    private static final int MOST_KEPT = 20;

    /**
     * @param target as decided
     * @param serving containers that neither drain nor end
     * @param draining containers that drain
     * @param asks that YARN has not answered
     * @param unansweredMs how long it has answered none
     * @param ready servers that take sessions
     * @param everToBeHad servers that queue and nodes can ever hold, as they are now
     * @param room servers that they could hold now, others' containers left aside
     */
    record Moment(
            long nowMs,
            int target,
            int serving,
            int draining,
            int asks,
            long unansweredMs,
            int ready,
            int everToBeHad,
            int room) {}

    /** Each with when it was seen last; those that more were seen after are not kept. */
    private record Seen(long atMs, int servers) {}

    private final int least;
    private final int most;
    private final int beyond;
    private final Deque<Seen> hadForAsks = new ArrayDeque<>();
    private final Deque<Seen> hadForServers = new ArrayDeque<>();
    private final List<String> violations = new ArrayList<>();
    private final Set<String> complaints = new HashSet<>();
    private long roomForMinimumSinceMs;

    /** @param beyond servers above the maximum that may stand in for as many on nodes that leave */
    Judge(int least, int most, int beyond) {
        this.least = least;
        this.most = most;
        this.beyond = beyond;
    }

    void look(Moment now) {
        int askable = Math.max(least, recently(hadForAsks, now, ASKS_FOLLOW_WITHIN_MS)) + beyond;
        int holdable = Math.max(least, recently(hadForServers, now, SERVERS_FOLLOW_WITHIN_MS)) + beyond;
        int held = now.serving() + now.draining();
        must(now, now.target() <= most, "the target is above the maximum " + most);
        must(now, held + now.asks() <= most + beyond, "servers and asks are above the maximum " + most);
        must(
                now,
                now.asks() == 0 || held + now.asks() <= askable,
                "asks for more than queue and nodes hold: " + askable);
        must(now, now.serving() <= holdable, "keeps more servers than queue and nodes hold: " + holdable);
        must(
                now,
                now.unansweredMs() <= ASKS_ARE_WITHDRAWN_WITHIN_MS || now.serving() + now.asks() <= least,
                "asks that nobody answers are not withdrawn");
        if (now.room() < least) {
            roomForMinimumSinceMs = now.nowMs();
        }
        must(
                now,
                now.ready() >= least || now.nowMs() - roomForMinimumSinceMs < MINIMUM_IS_READY_WITHIN_MS,
                "fewer servers are ready than the minimum " + least + ", and there is room");
    }

    /**
     * Some servers are given up: no other may have had fewer sessions.
     *
     * @param known sessions on a server, as far as the core could know
     */
    void givenUp(long nowMs, List<String> servers, List<String> kept, ToIntFunction<String> known) {
        for (String server : servers) {
            for (String other : kept) {
                if (known.applyAsInt(other) < known.applyAsInt(server)) {
                    violated(
                            nowMs,
                            "gives up " + server + " with " + known.applyAsInt(server) + " sessions, and keeps " + other
                                    + " with " + known.applyAsInt(other));
                    return;
                }
            }
        }
    }

    /** Whether a pool that only follows its load turned no more often than the load. */
    void course(Scenario scenario, Timeline timeline) {
        int turns = timeline.turns();
        if (turns > scenario.mostTurns()) {
            violations.add("flaps: the target turned " + turns + " times (expected: " + scenario.mostTurns() + ")");
        }
        for (Timeline.Change change : timeline.changes) {
            for (Scenario.Course course : scenario.courses()) {
                boolean may = change.to() > change.from() ? course.mayRise() : course.mayFall();
                if (course.covers(change.hour()) && !may) {
                    violations.add("flaps: at hour %.2f the target goes from %d to %d, between %s and %s"
                            .formatted(
                                    change.hour(), change.from(), change.to(), course.fromHour(), course.untilHour()));
                }
            }
        }
    }

    /** Sessions that ended with their server, by why it ended. */
    void lost(Map<?, Integer> sessions, Object byChoice) {
        int lost = sessions.getOrDefault(byChoice, 0);
        if (lost > 0) {
            violations.add("loses sessions by choice: " + lost + " " + byChoice);
        }
    }

    List<String> violations() {
        return violations;
    }

    /** Most servers that were to be had at some moment of late. */
    private static int recently(Deque<Seen> seen, Moment now, long withinMs) {
        while (!seen.isEmpty() && seen.getLast().servers() <= now.everToBeHad()) {
            seen.removeLast();
        }
        seen.addLast(new Seen(now.nowMs(), now.everToBeHad()));
        while (seen.getFirst().atMs() < now.nowMs() - withinMs) {
            seen.removeFirst();
        }
        return seen.getFirst().servers();
    }

    private void must(Moment now, boolean holds, String complaint) {
        // What goes on is told once.
        if (!holds && complaints.add(complaint)) {
            violated(now.nowMs(), complaint + " (" + now + ")");
        }
    }

    private void violated(long nowMs, String what) {
        if (violations.size() < MOST_KEPT) {
            violations.add("at hour %.3f: %s".formatted(nowMs / 3_600_000.0, what));
        }
    }
}
