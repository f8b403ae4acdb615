/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a next attempt makes of what it finds, and of agents that it does not know. */
class TakeoverStoryTest {
    @Test
    void aNextAttemptAdoptsRunningContainersAndKeepsThemPublished() {
        CoreStory story = CoreStory.ofServers(2);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.allocate("default-1", "n2:1");
        long ask = story.record("default-1").allocationRequestId();
        long readyAtMs = story.server(first).readyAtMs();

        CoreStory next = story.nextAttempt(
                Specs.servers(2, 1),
                List.of(
                        new ContainerGrant(first, 0, "n1:1", "n:8042"),
                        new ContainerGrant(second, ask, "n2:1", "n:8042")));

        assertThat(next.done(Action.AskContainer.class)).isEmpty();
        assertThat(next.done(Action.ReleaseContainer.class)).isEmpty();
        assertThat(next.server(first).readyAtMs()).isEqualTo(readyAtMs);
        assertThat(next.state("default-1")).isEqualTo(SlotState.STARTING);
        next.join(second, "i-" + second).poll(second, 0);
        assertThat(next.state("default-1")).isEqualTo(SlotState.READY);
    }

    @Test
    void aNextAttemptKeepsAnUnreportedServerWhileItAnswersAndThenGivesItUp() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        CoreStory next = story.nextAttempt(Specs.servers(1, 1), List.of());
        next.passes(Duration.ofSeconds(100)).poll(container, 1);
        assertThat(next.outlook().image().servers()).containsKey(container);

        next.passes(Duration.ofSeconds(20));

        assertThat(next.outlook().image().servers()).isEmpty();
        assertThat(next.done(Action.StopServer.class)).hasSize(1);
    }

    @Test
    void aNextAttemptAdoptsALateContainer() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        CoreStory next = story.nextAttempt(Specs.servers(1, 1), List.of());

        next.happens(new Event.LateContainers(List.of(new ContainerGrant(container, 0, "n1:1", "n:8042"))));
        next.passes(Duration.ofMinutes(5));

        assertThat(next.state("default-0")).isEqualTo(SlotState.READY);
    }

    @Test
    void aNextAttemptGivesBackContainersThatNoSlotKnows() {
        CoreStory story = CoreStory.ofServers(1);

        CoreStory next = story.nextAttempt(
                Specs.servers(1, 1), List.of(new ContainerGrant("container_1_0001_01_000077", 4711, "n1:1", "n:8042")));

        assertThat(next.done(Action.ReleaseContainer.class))
                .containsExactly(new Action.ReleaseContainer("container_1_0001_01_000077"));
        assertThat(next.record("default-0").allocationRequestId())
                .isNotEqualTo(story.record("default-0").allocationRequestId());
    }

    @Test
    void tellsAnAgentToComeAgainBeforeItHasRecovered() {
        Core core =
                new Core(new Identity("svc", "application_1_0001", 2, "ana", null, 0, "http"), new java.util.Random(1));

        List<Action> actions = core.handle(
                new Event.Joined(5, new JoinRequest("container_1_0001_01_000002", "i", "h", 1, 2, null, null)), 0);

        assertThat(actions).containsExactly(new Action.AnswerJoin(5, JoinVerdict.NOT_YET));
    }

    @Test
    void disownsTheAgentOfAContainerThatItDoesNotHold() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.completes(container, 137).forget();

        story.join(container, "i-" + container);

        assertThat(story.took(Action.AnswerJoin.class)).containsExactly(new Action.AnswerJoin(1, JoinVerdict.UNWANTED));
    }
}
