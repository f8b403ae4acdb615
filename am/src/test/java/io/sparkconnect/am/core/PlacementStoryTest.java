/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which nodes servers are asked for on, and how large they may be. */
class PlacementStoryTest {
    @Test
    void neverAsksForMoreThanTheLargestRunningNodeHas() {
        CoreStory story = CoreStory.of(Specs.sized(1, 5000, 1));
        assertThat(story.took(Action.AskContainer.class)).isEmpty();
        assertThat(story.record("default-0").reason()).contains("5000 MiB", "4096", "sparkconnect.server.memory");

        story.happens(new Event.NodesSeen(List.of(new NodeView("big:1", NodeView.Condition.RUNNING, 8192, 8))));

        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
    }

    @Test
    void asksForMoreWhenLargerNodesComeLaterUnlessTheSchedulerForbidsIt() {
        CoreStory boundByNodes = CoreStory.of(Specs.sized(1, 5000, 1), 4096);
        CoreStory boundByScheduler = CoreStory.of(Specs.sized(1, 5000, 1), 4500);
        Event larger = new Event.NodesSeen(List.of(new NodeView("big:1", NodeView.Condition.RUNNING, 8192, 8)));
        assertThat(boundByNodes.took(Action.AskContainer.class)).isEmpty();

        boundByNodes.happens(larger);
        boundByScheduler.happens(larger);

        assertThat(boundByNodes.took(Action.AskContainer.class)).hasSize(1);
        assertThat(boundByScheduler.took(Action.AskContainer.class)).isEmpty();
        assertThat(boundByScheduler.record("default-0").reason()).contains("scheduler: 4500");
    }

    @Test
    void spreadsOverNodesButNotForEver() {
        CoreStory story = CoreStory.ofServers(2);
        story.makeReady("default-0", "n1:1");
        assertThat(story.done(Action.AvoidNodes.class)).contains(new Action.AvoidNodes(Set.of("n1:1"), Set.of("n2:1")));
        story.forget();

        String crowded = story.allocate("default-1", "n1:1");
        assertThat(story.done(Action.ReleaseContainer.class)).containsExactly(new Action.ReleaseContainer(crowded));
        story.passes(Duration.ofSeconds(10));
        assertThat(story.took(Action.AvoidNodes.class))
                .contains(new Action.AvoidNodes(Set.of(), Set.of("n1:1", "n2:1")));

        story.allocate("default-1", "n1:1");
        assertThat(story.state("default-1")).isEqualTo(SlotState.ALLOCATED);
    }

    @Test
    void takesBackWhatAnEarlierAttemptToldYarnToAvoid() {
        CoreStory story = CoreStory.ofServers(1);

        assertThat(story.took(Action.AvoidNodes.class))
                .containsExactly(new Action.AvoidNodes(Set.of(), Set.of("n1:1", "n2:1")));
    }
}
