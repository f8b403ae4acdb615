/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which nodes servers are asked for on where YARN takes placement constraints. */
class ConstrainedPlacementStoryTest {
    private static final String TAG = "sparkconnect-service-svc";

    /** YARN looks at asks in the order of their ids: 2, 2, 1 and never 3, 1, 1 or 2, 2, 0 for the last one's sake. */
    @Test
    void eachAskAllowsAsManyServersOnANodeAsTheEmptiestWillHaveBeforeIt() {
        CoreStory story = onNodes(5, plain("n1:1"), plain("n2:1"), plain("n3:1"));

        assertThat(story.took(Action.AskContainer.class))
                .extracting(Action.AskContainer::spread)
                .containsExactly(
                        new Spread(TAG, 0),
                        new Spread(TAG, 0),
                        new Spread(TAG, 0),
                        new Spread(TAG, 1),
                        new Spread(TAG, 1));
    }

    @Test
    void yarnIsToldToAvoidNoNodeThatItKeepsFreeByItself() {
        CoreStory story = onNodes(4, plain("n1:1"), plain("n2:1"));
        story.forget();

        story.allocate("default-0", "n1:1");

        assertThat(story.done(Action.AvoidNodes.class)).isEmpty();
        assertThat(story.state("default-0")).isEqualTo(SlotState.ALLOCATED);
    }

    @Test
    void anAskThatNoNodeMeetsIsWithdrawnAndAnyNodeWillDo() {
        CoreStory story = onNodes(2, plain("n1:1"), plain("n2:1"));
        story.makeReady("default-0", "n1:1");
        long constrained = story.record("default-1").allocationRequestId();
        story.forget();

        story.passes(Duration.ofSeconds(10));

        assertThat(story.done(Action.CancelAsk.class)).containsExactly(new Action.CancelAsk(constrained));
        assertThat(story.took(Action.AskContainer.class)).singleElement().satisfies(ask -> {
            assertThat(ask.allocationRequestId()).isNotEqualTo(constrained);
            assertThat(ask.spread()).isEqualTo(new Spread(TAG, Spread.ANY_NUMBER));
        });
        story.allocate("default-1", "n1:1");
        assertThat(story.state("default-1")).isEqualTo(SlotState.ALLOCATED);
        assertThat(story.done(Action.ReleaseContainer.class)).isEmpty();
    }

    @Test
    void anAskThatAnyNodeWillDoForIsNotWithdrawnBeforeItsTime() {
        CoreStory story = onNodes(1, plain("n1:1"));
        story.passes(Duration.ofSeconds(10));
        story.forget();

        story.passes(Duration.ofMinutes(5));

        assertThat(story.done(Action.CancelAsk.class)).isEmpty();
        assertThat(story.state("default-0")).isEqualTo(SlotState.REQUESTED);
    }

    @Test
    void aRejectedAskIsMadeAnewForAnyNode() {
        CoreStory story = onNodes(1, plain("n1:1"), plain("n2:1"));
        long rejected = story.record("default-0").allocationRequestId();
        story.forget();

        story.happens(new Event.AskRejected(rejected, "COULD_NOT_PLACE_ON_NODE"));

        assertThat(story.done(Action.CancelAsk.class)).containsExactly(new Action.CancelAsk(rejected));
        assertThat(story.took(Action.AskContainer.class))
                .singleElement()
                .satisfies(ask -> assertThat(ask.spread()).isEqualTo(new Spread(TAG, Spread.ANY_NUMBER)));
        assertThat(story.decisions()).anyMatch(text -> text.contains("COULD_NOT_PLACE_ON_NODE"));
    }

    /** YARN counts a container as long as it has not ended, so a node that is being emptied would look full to it. */
    @Test
    void aServerThatIsBeingEndedDoesNotKeepItsNodeFromTheNextOne() {
        CoreStory story = onNodes(2, plain("n1:1"), plain("n2:1"));
        story.makeReady("default-0", "n1:1");
        String leaving = story.makeReady("default-1", "n2:1");
        story.happens(new Event.SpecChanged(Specs.servers(1, 2), Specs.POLICY));
        story.passes(Duration.ofSeconds(60)).poll(leaving, 0).forget();
        assertThat(story.state("default-1")).isEqualTo(SlotState.STOPPING);
        story.happens(new Event.SpecChanged(Specs.servers(2, 3), Specs.POLICY));

        assertThat(story.done(Action.AskContainer.class))
                .singleElement()
                .satisfies(ask -> assertThat(ask.spread()).isEqualTo(new Spread(TAG, 1)));
        assertThat(story.took(Action.AvoidNodes.class))
                .last()
                .satisfies(avoid -> assertThat(avoid.nodes()).containsExactly("n1:1"));
    }

    /** YARN does not count what an attempt without constraints asked for, since it has no tag. */
    @Test
    void aContainerOnANodeThatYarnThinksEmptyIsGivenBackAndTheNodeAvoided() {
        CoreStory story = onNodes(2, plain("n1:1"), plain("n2:1"));
        story.makeReady("default-0", "n1:1");

        String crowded = story.allocate("default-1", "n1:1");

        assertThat(story.done(Action.ReleaseContainer.class)).containsExactly(new Action.ReleaseContainer(crowded));
        assertThat(story.took(Action.AvoidNodes.class))
                .last()
                .satisfies(avoid -> assertThat(avoid.nodes()).containsExactly("n1:1"));
        story.allocate("default-1", "n2:1");
        assertThat(story.state("default-1")).isEqualTo(SlotState.ALLOCATED);
    }

    /** A plain ask gets it from YARN; one with a constraint does not. */
    @Test
    void asksForTheQueuesDefaultNodeLabelByName() {
        CoreStory story = CoreStory.withConstraints(Specs.servers(3, 1), plain("n1:1"), core("n2:1"), core("n3:1"));
        assertThat(story.took(Action.AskContainer.class)).isEmpty();
        assertThat(story.record("default-0").reason()).contains("waits for the list of queues");

        QueueView.Share share = new QueueView.Share(4096, 8192);
        story.happens(new Event.QueuesSeen(
                List.of(new QueueView("sparkconnect", Map.of("CORE", share), "CORE", 0, 0, Set.of("CORE"))), 128));

        assertThat(story.took(Action.AskContainer.class))
                .allSatisfy(ask -> assertThat(ask.nodeLabel()).isEqualTo("CORE"))
                .extracting(ask -> requireNonNull(ask.spread()).othersAtMost())
                .as("over the two nodes with the label")
                .containsExactly(0, 0, 1);
    }

    @Test
    void nodesWithStrikesStayAvoidedHoweverLongAnAskWaits() {
        CoreStory story = onNodes(1, plain("n1:1"), plain("n2:1"));
        for (int failure = 0; failure < 3; failure++) {
            if (story.state("default-0") == SlotState.BACKOFF) {
                story.passes(Duration.ofMinutes(5));
            }
            String container = story.allocate("default-0", "n1:1");
            story.happens(new Event.Started(container)).completes(container, 1);
        }
        story.passes(Duration.ofMinutes(5));
        story.passes(Duration.ofSeconds(11));

        assertThat(story.state("default-0")).isEqualTo(SlotState.REQUESTED);
        assertThat(story.took(Action.AvoidNodes.class))
                .last()
                .satisfies(avoid -> assertThat(avoid.nodes()).containsExactly("n1:1"));
    }

    @Test
    void theNextAttemptCountsTheServersThatItTookOver() {
        CoreStory story = onNodes(2, plain("n1:1"), plain("n2:1"));
        story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        CoreStory next =
                story.nextAttempt(Specs.servers(3, 2), List.of(grant(story, "default-0"), grant(story, "default-1")));
        next.queueMayUse();

        assertThat(next.took(Action.AskContainer.class))
                .singleElement()
                .satisfies(ask -> assertThat(ask.spread()).isEqualTo(new Spread(TAG, 1)));
    }

    @Test
    void saysWhichWayServersAreSpread() {
        assertThat(onNodes(1, plain("n1:1")).outlook().live().spreading())
                .isEqualTo("spread over nodes by placement constraints: the handler is scheduler");
        assertThat(CoreStory.ofServers(1).outlook().live().spreading())
                .isEqualTo("spread over nodes by blacklist: placement constraints are disabled");
    }

    @Test
    void aWayThatIsNotTheUsualOneIsAmongTheDecisionsOfEachAttempt() {
        assertThat(onNodes(1, plain("n1:1")).decisions())
                .contains("servers are spread over nodes by placement constraints: the handler is scheduler");
        assertThat(CoreStory.ofServers(1).decisions()).noneMatch(text -> text.contains("spread over nodes"));
    }

    private static ContainerGrant grant(CoreStory story, String slot) {
        SlotRecord record = story.record(slot);
        return new ContainerGrant(
                requireNonNull(record.containerId()),
                record.allocationRequestId(),
                requireNonNull(record.node()),
                "n:8042");
    }

    private static CoreStory onNodes(int servers, NodeView... nodes) {
        return CoreStory.withConstraints(Specs.servers(servers, 1), nodes).queueMayUse();
    }

    private static NodeView plain(String node) {
        return new NodeView(node, NodeView.Condition.RUNNING, 4096, 4);
    }

    private static NodeView core(String node) {
        return new NodeView(node, NodeView.Condition.RUNNING, 4096, 4, 0, Set.of("CORE"), null);
    }
}
