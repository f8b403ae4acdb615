/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import java.util.ArrayList;
import java.util.List;

/** What was to be seen, a sample a minute. */
final class Timeline {
    /**
     * @param hour hours since the begin
     * @param containers all containers of servers, those on their way out included
     * @param room servers that queue and nodes could hold
     */
    record Sample(
            double hour,
            int sessions,
            int held,
            int needed,
            int target,
            int ready,
            int draining,
            int containers,
            int room) {}

    final List<Sample> samples = new ArrayList<>();

    /** The target's. */
    record Change(double hour, int from, int to) {}

    final List<Change> changes = new ArrayList<>();
    private int target;

    /** The first is where it begins. */
    void targetIs(int now, double hour, boolean first) {
        if (!first && now != target) {
            changes.add(new Change(hour, target, now));
        }
        target = now;
    }

    /** How often the target turned, from up to down or from down to up. */
    int turns() {
        int turns = 0;
        int direction = 0;
        for (Change change : changes) {
            int next = Integer.signum(change.to() - change.from());
            turns += direction != 0 && next != direction ? 1 : 0;
            direction = next;
        }
        return turns;
    }

    int mostReady() {
        return samples.stream().mapToInt(Sample::ready).max().orElse(0);
    }

    int mostSessions() {
        return samples.stream().mapToInt(Sample::sessions).max().orElse(0);
    }
}
