/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A pool whose servers may only be on nodes with a label. */
class NodeLabelStoryTest {
    /** Nodes without the label are no alternative: that they are empty makes the others not crowded. */
    @Test
    void spreadsServersOverTheNodesThatHaveTheirLabel() {
        CoreStory story = CoreStory.of(Specs.labelled(2, "CORE"));
        story.queueMayUse("CORE");
        story.happens(new Event.NodesSeen(List.of(plain("plain:1"), core("core1:1"), core("core2:1"))));
        story.allocate("default-0", "core1:1");
        assertThat(story.took(Action.AvoidNodes.class))
                .last()
                .satisfies(avoid -> assertThat(avoid.nodes()).containsExactly("core1:1"));

        story.allocate("default-1", "core1:1");
        assertThat(story.state("default-1")).as("given back for one elsewhere").isEqualTo(SlotState.REQUESTED);
        story.allocate("default-1", "core2:1");

        assertThat(story.state("default-1")).isEqualTo(SlotState.ALLOCATED);
    }

    /** One of many nodes is avoided easily; one of two with the label, half of what the pool has. */
    @Test
    void neverAvoidsAllNodesThatHaveTheLabel() {
        CoreStory story = CoreStory.of(Specs.labelled(1, "CORE"));
        story.queueMayUse("CORE")
                .happens(new Event.NodesSeen(List.of(
                        plain("plain1:1"), plain("plain2:1"), plain("plain3:1"), core("core1:1"), core("core2:1"))));

        for (int failure = 0; failure < 3; failure++) {
            failOn(story, "core1:1");
            failOn(story, "core2:1");
        }

        assertThat(story.outlook().surroundings().avoidedNodes()).containsExactly("core1:1");
    }

    private static void failOn(CoreStory story, String node) {
        if (story.state("default-0") == SlotState.BACKOFF) {
            story.passes(Duration.ofMinutes(5));
        }
        String container = story.allocate("default-0", node);
        story.happens(new Event.Started(container)).completes(container, 1);
    }

    private static NodeView plain(String node) {
        return new NodeView(node, NodeView.Condition.RUNNING, 4096, 4);
    }

    private static NodeView core(String node) {
        return new NodeView(node, NodeView.Condition.RUNNING, 4096, 4, 0, Set.of("CORE"), null);
    }
}
