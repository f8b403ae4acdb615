/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Nodes leave, stay after all, are lost, or let servers fail. */
class NodesStoryTest {
    private static final Duration MOMENT = Duration.ofSeconds(2);

    @Test
    void startsAnotherServerBeforeThoseOfALeavingNodeDrain() {
        CoreStory story = CoreStory.of(Specs.servers(2, 1));
        String leaving = story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.poll(leaving, 3).forget();

        nodeLeaves(story, Duration.ofMinutes(30));
        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
        assertThat(story.server(leaving).state())
                .as("nobody stands in for it yet")
                .isEqualTo(ServerState.READY);
        story.makeReady("default-2", "n2:1");

        story.passes(MOMENT);
        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);
        story.passes(Duration.ofMinutes(29));
        assertThat(story.state("default-0")).as("its time is not over").isEqualTo(SlotState.DRAINING);
        story.passes(Duration.ofSeconds(50));
        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
        assertThat(story.death(leaving).cause()).isEqualTo(DeathCause.NODE_DECOMMISSIONED);
        story.completes(leaving, 0);
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-1", "default-2");
    }

    @Test
    void drainsServersOfALeavingNodeWithoutReplacementWhenHalfOfItsTimeIsOver() {
        CoreStory story = CoreStory.of(Specs.servers(2, 1));
        String leaving = story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.poll(leaving, 3);

        nodeLeaves(story, Duration.ofMinutes(30));
        story.passes(Duration.ofMinutes(14));
        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
        story.passes(Duration.ofMinutes(1));

        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);
    }

    @Test
    void takesServersBackWhenTheirNodeStays() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        String leaving = story.makeReady("default-0", "n1:1");
        story.poll(leaving, 3);
        nodeLeaves(story, Duration.ofMinutes(30));
        String stranger = story.makeReady("default-1", "n2:1");
        story.passes(MOMENT);
        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);

        story.nodes("n1:1", "n2:1").completes(stranger, -100);

        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
    }

    @Test
    void aNextAttemptKeepsToTheTimeThatTheNodeHadFromTheFirst() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        String leaving = story.makeReady("default-0", "n1:1");
        story.poll(leaving, 3);
        nodeLeaves(story, Duration.ofMinutes(60));
        story.makeReady("default-1", "n2:1");
        story.passes(MOMENT).passes(Duration.ofMinutes(50)).poll(leaving, 3);

        CoreStory next = nextAttempt(story);
        assertThat(next.state("default-0"))
                .as("longer than without a node that leaves")
                .isEqualTo(SlotState.DRAINING);
        nodeLeaves(next, Duration.ofMinutes(60));
        next.poll(leaving, 3).passes(Duration.ofMinutes(9));
        assertThat(next.state("default-0")).as("its time is not over").isEqualTo(SlotState.DRAINING);
        next.passes(Duration.ofMinutes(1));

        assertThat(next.state("default-0")).isEqualTo(SlotState.STOPPING);
        assertThat(next.death(leaving).cause()).isEqualTo(DeathCause.NODE_DECOMMISSIONED);
    }

    @Test
    void aNextAttemptDoesNotTakeBackWhatDrainsBeforeItKnowsWhichNodesLeave() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        String leaving = story.makeReady("default-0", "n1:1");
        story.poll(leaving, 3);
        nodeLeaves(story, Duration.ofMinutes(60));
        story.passes(Duration.ofMinutes(31)).poll(leaving, 3);
        assertThat(story.state("default-0")).as("nobody stands in for it").isEqualTo(SlotState.DRAINING);

        CoreStory next = nextAttempt(story);

        assertThat(next.state("default-0")).isEqualTo(SlotState.DRAINING);
        assertThat(next.took(Action.DrainAgent.class)).isEmpty();
    }

    /** Which has not heard of the nodes yet. */
    private static CoreStory nextAttempt(CoreStory story) {
        List<ContainerGrant> reported = story.outlook().image().slots().values().stream()
                .filter(slot -> slot.containerId() != null)
                .map(slot -> new ContainerGrant(
                        requireNonNull(slot.containerId()),
                        slot.allocationRequestId(),
                        requireNonNull(slot.node()),
                        "n:8042"))
                .toList();
        return story.nextAttemptBeforeNodes(Specs.servers(1, 1), reported, Duration.ZERO)
                .passes(MOMENT);
    }

    @Test
    void startsNoServerOnALeavingNode() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        nodeLeaves(story, Duration.ofMinutes(30));
        story.forget();

        String container = story.allocate("default-0", "n1:1");

        assertThat(story.took(Action.ReleaseContainer.class)).containsExactly(new Action.ReleaseContainer(container));
    }

    @Test
    void replacesAServerOfALostNodeAtItsFirstSilence() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        String container = story.makeReady("default-0", "n1:1");
        story.happens(new Event.NodesSeen(List.of(
                new NodeView("n1:1", NodeView.Condition.LOST, 4096, 4),
                new NodeView("n2:1", NodeView.Condition.RUNNING, 4096, 4))));
        assertThat(story.state("default-0")).as("YARN alone is not believed").isEqualTo(SlotState.READY);

        story.pollFails(container);

        assertThat(story.death(container).cause()).isEqualTo(DeathCause.NODE_LOST);
        assertThat(story.record("default-0").consecutiveFailures()).isZero();
    }

    @Test
    void avoidsANodeWhereServersFailAgainAndAgainButNeverAllNodes() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        for (int failure = 0; failure < 3; failure++) {
            failOn(story, "n1:1");
        }
        assertThat(avoided(story)).containsExactly("n1:1");
        assertThat(story.decisions()).anyMatch(text -> text.contains("node n1:1 is avoided"));

        for (int failure = 0; failure < 4; failure++) {
            failOn(story, "n2:1");
        }
        assertThat(avoided(story)).as("the worse of two").containsExactly("n2:1");
        story.passes(Duration.ofMinutes(31));
        assertThat(avoided(story)).isEmpty();
    }

    private static void failOn(CoreStory story, String node) {
        if (story.state("default-0") == SlotState.BACKOFF) {
            story.passes(Duration.ofMinutes(5));
        }
        story.passes(Duration.ofSeconds(11));
        String container = story.allocate("default-0", node);
        story.happens(new Event.Started(container)).completes(container, 1);
    }

    private static Set<String> avoided(CoreStory story) {
        if (story.state("default-0") == SlotState.BACKOFF) {
            story.passes(Duration.ofMinutes(5));
        }
        story.passes(Duration.ofSeconds(11));
        List<Action.AvoidNodes> told = story.done(Action.AvoidNodes.class);
        return told.get(told.size() - 1).nodes();
    }

    private static void nodeLeaves(CoreStory story, @Nullable Duration within) {
        story.happens(new Event.NodesSeen(List.of(
                new NodeView("n1:1", NodeView.Condition.DECOMMISSIONING, 4096, 4, 0, Set.of(), within),
                new NodeView("n2:1", NodeView.Condition.RUNNING, 4096, 4))));
    }
}
