/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.LaunchContract;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What {@code status} and {@code launch --wait} say while a server is not there yet: the slot's reason, which is also the
 * service's message.
 */
class WhyWaitingTest {
    private static final Duration UNUSUAL = Duration.ofSeconds(11);

    @Test
    void saysThatTheQueueIsFullWithItsFigures() {
        CoreStory story = CoreStory.ofServers(1);
        story.queueHas(4000, 3900).passes(UNUSUAL);

        assertThat(why(story))
                .contains(
                        "waits for a container of 1408 MiB in queue sparkconnect",
                        "queue sparkconnect is full: 3900 of at most 4000 MiB are in use");
    }

    @Test
    void saysThatNoNodeHasRoomWithTheMostThatOneHas() {
        CoreStory story = CoreStory.ofServers(1);
        story.happens(new Event.NodesSeen(
                List.of(new NodeView("n1:1", NodeView.Condition.RUNNING, 4096, 4, 3000, Set.of(), null))));
        story.queueHas(4000, 100).passes(UNUSUAL);

        assertThat(why(story)).contains("no running node has 1408 MiB free (the most is 1096 MiB)");
    }

    @Test
    void saysThatAServerIsTooLargeForAnyNodeAndWhatToLower() {
        assertThat(why(CoreStory.of(Specs.sized(1, 5000, 1))))
                .contains("a server needs 5000 MiB", "largest running node: 4096", "lower sparkconnect.server.memory");
    }

    /** Such an ask would fail every heartbeat from then on, and the attempt with it. */
    @Test
    void neverAsksForANodeLabelThatTheQueueMayNotUseAndNamesThoseThatItMay() {
        CoreStory story = CoreStory.of(Specs.labelled(1, "CORRE"));
        assertThat(why(story)).contains("waits for the list of queues");

        story.queueMayUse("CORE", "GPU");

        assertThat(why(story))
                .isEqualTo("node label CORRE (sparkconnect.server.node.label) is none that queue sparkconnect may use"
                        + " (it may use: CORE, GPU)");
        assertThat(story.done(Action.AskContainer.class)).isEmpty();
    }

    @Test
    void asksForALabelAsSoonAsANodeHasIt() {
        CoreStory story = CoreStory.of(Specs.labelled(1, "CORE"));
        story.queueMayUse("CORE");
        assertThat(why(story)).isEqualTo("waits for a node with label CORE: none is running");

        story.happens(new Event.NodesSeen(List.of(
                new NodeView("n1:1", NodeView.Condition.RUNNING, 9000, 4),
                new NodeView("n2:1", NodeView.Condition.RUNNING, 1000, 4, 0, Set.of("CORE"), null))));
        assertThat(why(story)).contains("a server needs 1408 MiB", "largest running node with label CORE: 1000");

        story.happens(new Event.NodesSeen(
                List.of(new NodeView("n2:1", NodeView.Condition.RUNNING, 4096, 4, 0, Set.of("CORE"), null))));

        assertThat(story.done(Action.AskContainer.class))
                .singleElement()
                .satisfies(ask -> assertThat(ask.nodeLabel()).isEqualTo("CORE"));
    }

    @Test
    void saysThatTheNodeLocalizesAndThenThatSparkStarts() {
        CoreStory story = CoreStory.ofServers(1);
        String server = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(server));

        story.happens(new Event.ContainerSeen(server, true)).passes(Duration.ofSeconds(1));
        assertThat(why(story))
                .isEqualTo("n1:1 downloads and unpacks its files (sparkconnect.spark.archive, the agent)");

        story.happens(new Event.ContainerSeen(server, false)).passes(Duration.ofSeconds(1));
        assertThat(why(story)).isEqualTo("Spark starts in " + server + "; it has not submitted its application yet");

        story.happens(new Event.ChildrenSeen(List.of(child(server, false, "")))).passes(Duration.ofSeconds(1));
        assertThat(why(story)).isEqualTo("its application application_1_0002 runs; Spark Connect does not listen yet");
    }

    @Test
    void saysWhatTheExecutorsQueueToldTheServersOwnApplication() {
        CoreStory story = CoreStory.ofServers(1);
        String server = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(server));
        String yarns = "Queue's AM resource limit exceeded. Details: AM Partition = <DEFAULT_PARTITION>";

        story.happens(new Event.ChildrenSeen(List.of(child(server, true, yarns))))
                .passes(Duration.ofSeconds(1));

        assertThat(why(story)).isEqualTo("its application application_1_0002 waits in the executors' queue: " + yarns);
    }

    private static String why(CoreStory story) {
        String reason = story.record("default-0").reason();
        assertThat(story.outlook().live().message()).contains(String.valueOf(reason));
        return String.valueOf(reason);
    }

    private static ChildView child(String server, boolean waiting, String diagnostics) {
        return new ChildView(
                "application_1_0002",
                Set.of(LaunchContract.serviceTag("svc"), LaunchContract.serverTag(server)),
                "application_1_0001",
                waiting,
                diagnostics);
    }
}
