/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.HealthAnswer;
import io.sparkconnect.registry.ServerLoad;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingEventsTest {
    private final WaitingEvents waiting = new WaitingEvents();

    @Test
    void keepsTheLatestLookAtEachServerHoweverLongItWaits() {
        for (int look = 0; look < 100_000; look++) {
            waiting.add(answer("c" + look % 200, look));
            waiting.add(new Event.PollFailed("c" + look % 200, "refused"));
            waiting.add(new Event.Tick());
        }

        assertThat(waiting.size()).isEqualTo(401);
        assertThat(waiting.inOrder()).contains(answer("c199", 99_999)).doesNotContain(answer("c199", 99_799));
    }

    @Test
    void losesNothingThatIsToldOnceAndKeepsTheOrder() {
        Event allocated = new Event.LateContainers(List.of());
        Event completed = new Event.Completed("c1", 1, "");
        waiting.add(answer("c1", 1));
        waiting.add(allocated);
        waiting.add(completed);
        waiting.add(completed);
        waiting.add(answer("c1", 2));

        assertThat(waiting.inOrder()).containsExactly(allocated, completed, completed, answer("c1", 2));
    }

    private static Event answer(String container, int sessions) {
        return new Event.Polled(container, new HealthAnswer("i", true, "", new ServerLoad(sessions, 0, 1, 2), null));
    }
}
