/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Time that passes when the test says so. */
final class ManualDelays implements Delays {
    private record Due(Duration at, Runnable task) {}

    private final List<Due> due = new ArrayList<>();
    private Duration now = Duration.ZERO;

    @Override
    public void after(Duration delay, Runnable task) {
        due.add(new Due(now.plus(delay), task));
    }

    @Override
    public void pause(Duration time) {
        pass(time);
    }

    void pass(Duration time) {
        Duration until = now.plus(time);
        while (true) {
            Due next = due.stream().min(Comparator.comparing(Due::at)).orElse(null);
            if (next == null || next.at().compareTo(until) > 0) {
                now = until;
                return;
            }
            due.remove(next);
            now = next.at();
            next.task().run();
        }
    }
}
