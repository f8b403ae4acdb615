/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** An operator changes how many servers there shall be, down to none. */
class SizeStoryTest {
    @Test
    void scalesInByDrainingTheEmptiestServer() {
        CoreStory story = CoreStory.ofServers(3);
        String busy = story.makeReady("default-0", "n1:1");
        String idle = story.makeReady("default-1", "n2:1");
        String busier = story.makeReady("default-2", "n1:1");
        story.poll(busy, 2).poll(idle, 1).poll(busier, 3).forget();

        story.happens(new Event.SpecChanged(Specs.servers(2, 2), Specs.POLICY));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);
        assertThat(story.server(idle).state()).isEqualTo(ServerState.DRAINING);
        story.passes(Specs.PROXIES_SEE_WITHIN.minusSeconds(1)).poll(idle, 0);
        assertThat(story.state("default-1")).as("a proxy may not know yet").isEqualTo(SlotState.DRAINING);
        story.passes(Duration.ofSeconds(1)).poll(idle, 0);

        assertThat(story.state("default-1")).isEqualTo(SlotState.STOPPING);
        assertThat(story.done(Action.StopServer.class)).hasSize(1);
        story.completes(idle, 0);
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-0", "default-2");
        assertThat(story.death(idle).cause()).isEqualTo(DeathCause.SCALED_IN);
    }

    @Test
    void takesADrainingServerBackWhenThePoolGrowsAgain() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.poll(container, 4).happens(new Event.SpecChanged(Specs.servers(0, 2), Specs.POLICY));
        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);

        story.happens(new Event.SpecChanged(Specs.servers(1, 3), Specs.POLICY));

        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
        assertThat(story.outlook().image().slots()).hasSize(1);
    }

    @Test
    void givesBackAContainerOfTheSizeThatWasWantedBefore() {
        CoreStory story = CoreStory.of(Specs.sized(1, 1408, 1));
        long ask = story.record("default-0").allocationRequestId();

        story.forget()
                .happenTogether(
                        new Event.SpecChanged(Specs.sized(1, 3072, 2), Specs.POLICY),
                        new Event.Allocated(new ContainerGrant("container_1_0001_01_000009", ask, "n1:1", "n:8042")));

        assertThat(story.done(Action.LaunchServer.class)).isEmpty();
        assertThat(story.done(Action.ReleaseContainer.class))
                .containsExactly(new Action.ReleaseContainer("container_1_0001_01_000009"));
        assertThat(story.done(Action.AskContainer.class))
                .extracting(Action.AskContainer::memoryMiB)
                .containsExactly(3072L);
    }

    @Test
    void asksAnewWhenTheSizeOfServersChangesWhileAnAskWaits() {
        CoreStory story = CoreStory.of(Specs.sized(1, 1408, 1)).forget();

        story.happens(new Event.SpecChanged(Specs.sized(1, 3072, 2), Specs.POLICY));

        assertThat(story.done(Action.CancelAsk.class)).hasSize(1);
        assertThat(story.done(Action.AskContainer.class))
                .extracting(Action.AskContainer::memoryMiB)
                .containsExactly(3072L);
    }

    @Test
    void scalesOutWhenTheSpecAsksForMore() {
        CoreStory story = CoreStory.ofServers(1);
        story.makeReady("default-0", "n1:1");

        story.happens(new Event.SpecChanged(Specs.servers(3, 2), Specs.POLICY));

        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-0", "default-1", "default-2");
        assertThat(story.outlook().live().generation()).isEqualTo(2);
    }

    @Test
    void stopsEmptyServersAtOnceAndOthersAtTheDeadline() {
        CoreStory story = CoreStory.ofServers(3);
        String empty = story.makeReady("default-0", "n1:1");
        String busy = story.makeReady("default-1", "n2:1");
        String unknowing = story.makeReady("default-2", "n1:1");
        story.poll(busy, 5).poll(unknowing, -1);

        story.happens(new Event.SpecChanged(Specs.stopped(3, 2, 60_000), Specs.POLICY));
        story.passes(Duration.ofSeconds(1)).poll(empty, 0);
        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);
        assertThat(story.state("default-2")).isEqualTo(SlotState.DRAINING);
        story.completes(empty, 0).passes(Duration.ofSeconds(58));
        assertThat(story.state("default-2")).isEqualTo(SlotState.DRAINING);

        story.passes(Duration.ofSeconds(1)).completes(busy, 0).completes(unknowing, 0);

        assertThat(story.death(busy).cause()).isEqualTo(DeathCause.STOPPED_BY_OPERATOR);
        assertThat(story.took(Action.FinishService.class)).hasSize(1);
    }

    @Test
    void stopsWithSlotsInEveryStateOfTheirLives() {
        CoreStory story = CoreStory.ofServers(5);
        String ready = story.makeReady("default-0", "n1:1");
        String starting = story.allocate("default-1", "n2:1");
        story.happens(new Event.Started(starting));
        String allocated = story.allocate("default-2", "n1:1");
        String crashed = story.allocate("default-3", "n2:1");
        story.completes(crashed, 1).forget();

        story.happens(new Event.SpecChanged(Specs.stopped(5, 2, 0), Specs.POLICY));

        assertThat(story.done(Action.CancelAsk.class)).hasSize(1);
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-0", "default-1", "default-2");
        story.completes(ready, 0).completes(starting, 143).completes(allocated, -100);
        assertThat(story.took(Action.FinishService.class)).hasSize(1);
    }

    @Test
    void killsAServerThatDoesNotEndWithinItsGrace() {
        CoreStory story = CoreStory.ofServers(1);
        story.makeReady("default-0", "n1:1");
        story.happens(new Event.SpecChanged(Specs.stopped(1, 2, 0), Specs.POLICY));
        assertThat(story.done(Action.StopServer.class)).hasSize(1);
        story.forget();

        story.passes(Duration.ofSeconds(10));

        assertThat(story.took(Action.StopContainer.class)).hasSize(1);
    }

    @Test
    void ignoresALateCopyOfAnOldSpec() {
        CoreStory story = CoreStory.of(Specs.servers(2, 5));

        story.happens(new Event.SpecChanged(Specs.servers(9, 4), Specs.POLICY));

        assertThat(story.outlook().image().slots()).hasSize(2);
    }
}
