/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.ContainerGrant;
import io.sparkconnect.am.core.Event;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** An attempt that finds no spec anywhere. Each question whether there is one takes ten seconds here. */
class WithoutSpecTest {
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private long nanos;
    private int questions;

    @Test
    void aFirstAttemptEndsAtOnceSinceNothingCanRun() throws Exception {
        assertThat(wait(1, List.of()).untilNothingRunsOr(this::stillNone)).isFalse();

        assertThat(questions).isZero();
    }

    @Test
    void aLaterOneWaitsForAsLongAsAContainerRuns() throws Exception {
        WithoutSpec wait = wait(2, List.of(grant("c1"), grant("c2")));
        events.add(new Event.Completed("c1", 0, ""));

        boolean found = wait.untilNothingRunsOr(() -> {
            stillNone();
            if (questions == 1000) {
                events.add(new Event.Completed("c2", 0, ""));
            }
            // The events that say so are not waited for.
            events.add(new Event.Tick());
            return false;
        });

        assertThat(found).isFalse();
        assertThat(questions).isBetween(1001, 1100);
    }

    @Test
    void aLaterOneWaitsForContainersThatAreToldLate() throws Exception {
        WithoutSpec wait = wait(2, List.of());
        events.add(new Event.LateContainers(List.of(grant("c1"))));

        boolean found = wait.untilNothingRunsOr(() -> {
            events.add(new Event.Tick());
            stillNone();
            return questions == 100;
        });

        assertThat(found).as("the spec came after a quarter of an hour").isTrue();
    }

    private WithoutSpec wait(int attempt, List<ContainerGrant> running) {
        return new WithoutSpec(attempt, running, events, () -> nanos);
    }

    private boolean stillNone() {
        questions++;
        nanos += Duration.ofSeconds(10).toNanos();
        return false;
    }

    private static ContainerGrant grant(String id) {
        return new ContainerGrant(id, 1, "n1:1", "n1:8042");
    }
}
