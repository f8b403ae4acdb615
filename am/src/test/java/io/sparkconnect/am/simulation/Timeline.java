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

    /** Most turns of the target, from up to down or from down to up, in any hour. */
    int mostTurnsPerHour() {
        List<Double> turns = new ArrayList<>();
        int direction = 0;
        for (int i = 1; i < samples.size(); i++) {
            int change =
                    Integer.signum(samples.get(i).target() - samples.get(i - 1).target());
            if (change != 0 && change != direction) {
                if (direction != 0) {
                    turns.add(samples.get(i).hour());
                }
                direction = change;
            }
        }
        int most = 0;
        for (int first = 0, last = 0; last < turns.size(); last++) {
            while (turns.get(last) - turns.get(first) > 1) {
                first++;
            }
            most = Math.max(most, last - first + 1);
        }
        return most;
    }

    int mostReady() {
        return samples.stream().mapToInt(Sample::ready).max().orElse(0);
    }

    int mostSessions() {
        return samples.stream().mapToInt(Sample::sessions).max().orElse(0);
    }
}
