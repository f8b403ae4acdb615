/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** YARN's largest container becomes smaller than an ask: known before, while it waits, and only when YARN says so. */
class AskRefusalStoryTest {
    private static final String REASON = "Requested resource is greater than maximum allowed allocation";
    private static final String REFUSED =
            "pool default: asks for no container: YARN refuses a container of 1408 MiB: " + REASON;

    @Test
    void withdrawsAnAskThatNoNodeCanHoldAnyMoreAndMakesItWhenOneComes() {
        CoreStory story = CoreStory.of(oneOfEach());
        story.happens(new Event.NodesSeen(List.of(node("n1:1", 4096), node("big:1", 8192))));
        long large = story.record("etl-0").allocationRequestId();
        long small = story.record("default-0").allocationRequestId();
        story.forget();

        story.nodes("n1:1");

        assertThat(story.done(Action.CancelAsk.class)).containsExactly(new Action.CancelAsk(large));
        assertThat(story.state("etl-0")).isEqualTo(SlotState.WANTED);
        assertThat(story.record("etl-0").reason())
                .startsWith("a server needs 6000 MiB, but YARN gives at most 4096 MiB");
        assertThat(story.decisions()).last().asString().startsWith("pool etl: asks for no container: a server needs");
        assertThat(story.record("default-0").allocationRequestId()).isEqualTo(small);
        story.forget().happens(new Event.Allocated(grant("container_1_0001_01_000009", large)));
        assertThat(story.done(Action.ReleaseContainer.class))
                .as("of an answer that was under way")
                .containsExactly(new Action.ReleaseContainer("container_1_0001_01_000009"));

        story.happens(new Event.NodesSeen(List.of(node("n1:1", 4096), node("big:1", 8192))));

        assertThat(story.done(Action.AskContainer.class))
                .extracting(Action.AskContainer::memoryMiB)
                .containsExactly(6000L);
        assertThat(story.decisions()).last().isEqualTo("pool etl: asks for containers again");
    }

    /** After a restart of the ResourceManager they come back one by one. */
    @Test
    void keepsAnAskWhileNoNodeIsThereAtAll() {
        CoreStory story = CoreStory.ofServers(1).forget();

        story.happens(new Event.NodesSeen(List.of()));

        assertThat(story.done(Action.CancelAsk.class)).isEmpty();
        assertThat(story.state("default-0")).isEqualTo(SlotState.REQUESTED);
    }

    @Test
    void asksOnceAMinuteWhatYarnRefusesAndTellsItOnce() {
        CoreStory story = CoreStory.ofServers(2);
        refuse(story, "default-0", "default-1");
        assertThat(story.state("default-0")).isEqualTo(SlotState.WANTED);
        assertThat(story.record("default-0").reason()).contains("YARN refuses", REASON);
        assertThat(story.done(Action.CancelAsk.class)).hasSize(2);
        story.forget();

        for (int minute = 0; minute < 5; minute++) {
            for (int second = 0; second < 59; second++) {
                story.passes(Duration.ofSeconds(1));
            }
            assertThat(story.done(Action.AskContainer.class)).isEmpty();
            story.passes(Duration.ofSeconds(2));
            assertThat(story.done(Action.AskContainer.class)).hasSize(2);
            refuse(story, "default-0", "default-1");
            story.forget();
        }

        assertThat(story.decisions()).filteredOn(REFUSED::equals).hasSize(1);
        assertThat(story.decisions()).noneMatch(text -> text.contains("asks for containers again"));
    }

    @Test
    void aRefusalOfOnePoolStopsNoOther() {
        CoreStory story = CoreStory.of(oneOfEach());
        story.happens(new Event.NodesSeen(List.of(node("n1:1", 4096), node("big:1", 8192))));
        refuse(story, "etl-0");

        String server = story.makeReady("default-0", "n1:1");

        assertThat(story.server(server)).isNotNull();
        assertThat(story.state("etl-0")).isEqualTo(SlotState.WANTED);
    }

    @Test
    void tellsWhenYarnTakesItAgain() {
        CoreStory answered = CoreStory.ofServers(1);
        refuse(answered, "default-0");
        answered.passes(Duration.ofSeconds(61)).allocate("default-0", "n1:1");
        assertThat(answered.decisions()).last().isEqualTo("pool default: asks for containers again");

        CoreStory waiting = CoreStory.ofServers(1);
        refuse(waiting, "default-0");
        waiting.passes(Duration.ofSeconds(61)).passes(Duration.ofSeconds(10));
        assertThat(waiting.state("default-0")).isEqualTo(SlotState.REQUESTED);
        assertThat(waiting.decisions()).last().isEqualTo("pool default: asks for containers again");
    }

    /** YARN's maximum has fallen between two asks of one size: the first waits on, and is no sign that it would be taken now. */
    @Test
    void anAskThatWasTakenBeforeARefusalDoesNotEndIt() {
        CoreStory story = CoreStory.ofServers(1);
        story.passes(Duration.ofSeconds(20)).happens(new Event.SpecChanged(Specs.servers(2, 2), Specs.POLICY));
        refuse(story, "default-1");
        story.forget();

        for (int second = 0; second < 50; second++) {
            story.passes(Duration.ofSeconds(1));
        }
        story.allocate("default-0", "n1:1");
        story.passes(Duration.ofSeconds(1));

        assertThat(story.done(Action.AskContainer.class)).isEmpty();
        assertThat(story.state("default-1")).isEqualTo(SlotState.WANTED);
        assertThat(story.decisions()).filteredOn(REFUSED::equals).hasSize(1);
    }

    @Test
    void anotherSizeIsAskedForAtOnce() {
        CoreStory story = CoreStory.ofServers(1);
        refuse(story, "default-0");
        story.forget();

        story.happens(new Event.SpecChanged(Specs.sized(1, 1024, 2), Specs.POLICY));

        assertThat(story.done(Action.AskContainer.class))
                .extracting(Action.AskContainer::memoryMiB)
                .containsExactly(1024L);
    }

    private static void refuse(CoreStory story, String... slots) {
        for (String slot : slots) {
            story.happens(new Event.AskRefused(story.record(slot).allocationRequestId(), REASON));
        }
    }

    private static ServiceSpec oneOfEach() {
        PoolSpec standard = Objects.requireNonNull(Specs.servers(1, 1).pools().get("default"));
        return Specs.servers(1, 1)
                .withPool(standard.named("etl").toBuilder().memory(5616, 384).build());
    }

    private static NodeView node(String name, long memoryMiB) {
        return new NodeView(name, NodeView.Condition.RUNNING, memoryMiB, 4);
    }

    private static ContainerGrant grant(String container, long ask) {
        return new ContainerGrant(container, ask, "big:1", "big:8042", 6000);
    }
}
