/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that end at once, again and again, through no fault of the service's. */
class CrashLoopStoryTest {
    private static final Duration STEP = Duration.ofMillis(500);

    @ParameterizedTest
    @ValueSource(ints = {-100, -101, -102, -105, -106, -107, 51, 154})
    void aContainerThatAlwaysEndsAtOnceIsReplacedAtOnceOnlyTheFirstTime(int exitStatus) {
        CoreStory story = CoreStory.ofServers(2);
        String good = story.makeReady("default-0", "n1:1");
        story.forget();
        endsAtOnce(story, exitStatus);
        assertThat(story.state("default-1")).as("after the first end").isEqualTo(SlotState.REQUESTED);
        endsAtOnce(story, exitStatus);
        assertThat(story.state("default-1")).as("after the second end").isEqualTo(SlotState.BACKOFF);
        assertThat(story.decisions()).last().asString().contains("; next server in ");

        int launches = launchesIn(story, Duration.ofMinutes(10), exitStatus);

        assertThat(launches).isBetween(3, 15);
        assertThat(story.outlook().image().servers()).containsOnlyKeys(good);
        assertThat(story.outlook().live().message()).isNotBlank();
    }

    @Test
    void manySlotsTogetherKeepTheCapPerMinute() {
        CoreStory story = CoreStory.ofServers(40);
        for (int slot = 0; slot < 40; slot++) {
            endsAtOnce(story, "default-" + slot, -101);
            endsAtOnce(story, "default-" + slot, -101);
        }
        story.forget();

        story.passes(Duration.ofSeconds(30));

        assertThat(story.done(Action.AskContainer.class)).hasSize(10);
        assertThat(story.record("default-39").reason())
                .contains("sparkconnect.server.crash.launches.per.minute: 10")
                .contains("disks");
    }

    @Test
    void aServerThatHadServedForAWhileIsReplacedAtOnceHoweverOftenItsNodeIsLost() {
        CoreStory story = CoreStory.ofServers(1);
        for (int loss = 0; loss < 5; loss++) {
            String server = story.makeReady("default-0", "n1:1");
            story.passes(Duration.ofSeconds(90)).poll(server, 0);

            story.completes(server, -100);

            assertThat(story.state("default-0")).isEqualTo(SlotState.REQUESTED);
        }
    }

    private static int launchesIn(CoreStory story, Duration time, int exitStatus) {
        int launches = 0;
        for (long passed = 0; passed < time.toMillis(); passed += STEP.toMillis()) {
            story.passes(STEP);
            if (story.state("default-1") == SlotState.REQUESTED) {
                endsAtOnce(story, exitStatus);
                launches++;
            }
        }
        return launches;
    }

    private static void endsAtOnce(CoreStory story, int exitStatus) {
        endsAtOnce(story, "default-1", exitStatus);
    }

    private static void endsAtOnce(CoreStory story, String slot, int exitStatus) {
        String container = story.allocate(slot, "n2:1");
        if (story.state(slot) == SlotState.WANTED || story.state(slot) == SlotState.REQUESTED) {
            throw new IllegalStateException(slot + " did not take " + container + ": "
                    + story.record(slot).reason());
        }
        story.happens(new Event.Started(container)).completes(container, exitStatus);
    }
}
