/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
        CoreStory story = CoreStory.of(labelled("CORRE"));
        assertThat(why(story)).contains("waits for the list of queues");

        queueMayUse(story, "CORE", "GPU");

        assertThat(why(story))
                .isEqualTo("node label CORRE (sparkconnect.server.node.label) is none that queue sparkconnect may use"
                        + " (it may use: CORE, GPU)");
        assertThat(story.done(Action.AskContainer.class)).isEmpty();
    }

    @Test
    void asksForALabelAsSoonAsANodeHasIt() {
        CoreStory story = CoreStory.of(labelled("CORE"));
        queueMayUse(story, "CORE");
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

    /** Nodes without the label are no alternative: that they are empty makes the others not crowded. */
    @Test
    void spreadsServersOverTheNodesThatHaveTheirLabel() {
        CoreStory story = CoreStory.of(labelled("CORE", 2));
        queueMayUse(story, "CORE");
        story.happens(new Event.NodesSeen(List.of(
                new NodeView("plain:1", NodeView.Condition.RUNNING, 4096, 4),
                new NodeView("core1:1", NodeView.Condition.RUNNING, 4096, 4, 0, Set.of("CORE"), null),
                new NodeView("core2:1", NodeView.Condition.RUNNING, 4096, 4, 0, Set.of("CORE"), null))));
        story.allocate("default-0", "core1:1");
        assertThat(story.took(Action.AvoidNodes.class))
                .last()
                .satisfies(avoid -> assertThat(avoid.nodes()).containsExactly("core1:1"));

        story.allocate("default-1", "core1:1");
        assertThat(story.state("default-1")).as("given back for one elsewhere").isEqualTo(SlotState.REQUESTED);
        story.allocate("default-1", "core2:1");

        assertThat(story.state("default-1")).isEqualTo(SlotState.ALLOCATED);
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

    private static void queueMayUse(CoreStory story, String... labels) {
        QueueView.Share share = new QueueView.Share(4096, 8192);
        story.happens(new Event.QueuesSeen(
                List.of(new QueueView("sparkconnect", Map.of("", share, "CORE", share), "", 0, 0, Set.of(labels))),
                128));
    }

    private static ServiceSpec labelled(String label) {
        return labelled(label, 1);
    }

    private static ServiceSpec labelled(String label, int servers) {
        PoolSpec pool = PoolSpec.builder("default")
                .servers(servers, servers)
                .spark("/opt/spark", null)
                .nodeLabel(label.isEmpty() ? null : label)
                .build();
        return new ServiceSpec(1, "svc", "ana", DesiredState.RUNNING, 0, Map.of("default", pool), Map.of());
    }
}
