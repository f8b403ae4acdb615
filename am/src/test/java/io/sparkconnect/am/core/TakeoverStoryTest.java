/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
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
    void aNextAttemptGoesOnAtOnceFromWhatEachSlotWaitedFor() {
        ServiceSpec tooLarge = Specs.sized(1, 6_000, 1);
        assertThat(CoreStory.of(tooLarge).state("default-0")).isEqualTo(SlotState.WANTED);
        CoreStory wanted = CoreStory.of(tooLarge).nextAttempt(Specs.sized(1, 1408, 2), List.of());
        assertThat(wanted.done(Action.AskContainer.class)).as("WANTED").hasSize(1);

        CoreStory requested = CoreStory.ofServers(1).nextAttempt(Specs.servers(1, 1), List.of());
        assertThat(requested.done(Action.AskContainer.class)).as("REQUESTED").hasSize(1);

        CoreStory story = CoreStory.ofServers(1);
        String server = story.makeReady("default-0", "n1:1");
        story.poll(server, 3);
        List<ContainerGrant> running = List.of(new ContainerGrant(server, 0, "n1:1", "n:8042"));
        CoreStory ready = story.nextAttempt(Specs.servers(1, 1), running);
        assertThat(ready.state("default-0")).isEqualTo(SlotState.READY);
        assertThat(ready.outlook().polled()).as("READY").hasSize(1);

        story.happens(new Event.SpecChanged(Specs.servers(0, 2), Specs.POLICY));
        CoreStory draining = story.nextAttempt(Specs.servers(0, 2), running);
        draining.passes(Specs.PROXIES_SEE_WITHIN).poll(server, 0);
        assertThat(draining.state("default-0")).as("DRAINING, and empty by now").isEqualTo(SlotState.STOPPING);
    }

    @Test
    void aSpecThatCannotBeFollowedIsToldOnceUntilThereIsOneThatCan() {
        CoreStory story = CoreStory.ofServers(1).forget();

        for (int minute = 0; minute < 5; minute++) {
            story.happens(new Event.SpecUnusable("garbage"))
                    .happens(new Event.PreemptionWarned(List.of("c" + minute), true));
        }
        assertThat(story.decisions())
                .filteredOn(text -> text.contains("garbage"))
                .hasSize(1);

        story.happens(new Event.SpecChanged(Specs.servers(1, 2), Specs.POLICY))
                .happens(new Event.SpecUnusable("garbage"));

        assertThat(story.decisions())
                .filteredOn(text -> text.contains("garbage"))
                .hasSize(2);
    }

    @Test
    void aNextAttemptSaysWhichSettingsOfANewerLauncherItIgnores() {
        ServiceSpec newer = Specs.servers(1, 2).withSettings(Map.of("sparkconnect.server.colour", "blue"));
        CoreStory story = CoreStory.ofServers(1);

        story.happens(new Event.SpecChanged(newer, Specs.POLICY)).happens(new Event.SpecChanged(newer, Specs.POLICY));

        assertThat(story.outlook().live().generation()).isEqualTo(2);
        assertThat(story.decisions())
                .filteredOn(text -> text.contains("sparkconnect.server.colour"))
                .hasSize(1);
        assertThat(story.nextAttempt(newer, List.of()).decisions())
                .filteredOn(text -> text.contains("sparkconnect.server.colour"))
                .isNotEmpty();
    }

    @Test
    void aNextAttemptKeepsTheCauseOfAServerThatIsBeingEnded() {
        for (Map.Entry<DeathCause, Consumer<CoreStory>> end : endings().entrySet()) {
            CoreStory story = CoreStory.ofServers(1);
            String container = story.makeReady("default-0", "n1:1");
            end.getValue().accept(story);
            assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
            DeathCertificate before = story.death(container);
            assertThat(before.cause()).isEqualTo(end.getKey());
            ServiceSpec spec = end.getKey() == DeathCause.STOPPED_BY_OPERATOR
                    ? Specs.stopped(1, 2, 0)
                    : Specs.servers(end.getKey() == DeathCause.SCALED_IN ? 0 : 1, 2);

            CoreStory next = story.nextAttempt(spec, List.of(new ContainerGrant(container, 0, "n1:1", "n:8042")));
            next.completes(container, 143);

            assertThat(next.death(container))
                    .satisfies(death -> assertThat(death.cause()).isEqualTo(end.getKey()))
                    .satisfies(death -> assertThat(death.remedy()).isEqualTo(before.remedy()))
                    .satisfies(death -> assertThat(death.diagnostics()).isEqualTo(before.diagnostics()))
                    .satisfies(death -> assertThat(death.exitStatus()).isEqualTo(143));
        }
    }

    private static Map<DeathCause, Consumer<CoreStory>> endings() {
        return Map.of(
                DeathCause.UNRESPONSIVE,
                story -> {
                    for (int failed = 0; failed < 3; failed++) {
                        story.pollFails("container_1_0001_01_000001");
                    }
                },
                DeathCause.STOPPED_BY_OPERATOR,
                story -> story.happens(new Event.SpecChanged(Specs.stopped(1, 2, 0), Specs.POLICY)),
                DeathCause.SCALED_IN,
                story -> story.happens(new Event.SpecChanged(Specs.servers(0, 2), Specs.POLICY))
                        .passes(Specs.PROXIES_SEE_WITHIN)
                        .poll("container_1_0001_01_000001", 0));
    }

    @Test
    void aNextAttemptCertifiesNothingOfAServerThatNobodyKnewAndNobodyWantedAnyMore() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(container)).happens(new Event.SpecChanged(Specs.servers(0, 2), Specs.POLICY));
        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);

        CoreStory next =
                story.nextAttempt(Specs.servers(0, 2), List.of(new ContainerGrant(container, 0, "n1:1", "n:8042")));
        next.completes(container, 143);

        assertThat(next.outlook().image().deaths()).isEmpty();
        assertThat(next.outlook().image().slots()).isEmpty();
    }

    @Test
    void aNextAttemptThatFindsTheRegistryWipedKeepsTheServersThatRun() {
        CoreStory story = CoreStory.ofServers(2);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");

        CoreStory next = story.nextAttemptAfterAWipe(
                Specs.servers(2, 1),
                List.of(
                        new ContainerGrant(first, 0, "n1:1", "n:8042", 1408),
                        new ContainerGrant(second, 0, "n2:1", "n:8042", 1408)));

        assertThat(next.done(Action.ReleaseContainer.class)).isEmpty();
        assertThat(next.done(Action.AskContainer.class)).isEmpty();
        next.join(first, "i-" + first)
                .poll(first, 3)
                .join(second, "i-" + second)
                .poll(second, 0);
        assertThat(next.outlook().image().servers()).containsOnlyKeys(first, second);
        assertThat(next.decisions()).anyMatch(text -> text.contains("the registry held no slots"));
    }

    @Test
    void aNextAttemptThatFindsTheRegistryWipedPutsServersIntoPoolsOfTheirSize() {
        PoolSpec standard = Objects.requireNonNull(Specs.servers(1, 1).pools().get("default"));
        ServiceSpec spec = Specs.servers(1, 1)
                .withPool(standard.named("etl").toBuilder().memory(3_000, 384).build());
        CoreStory story = CoreStory.of(spec);

        CoreStory next = story.nextAttemptAfterAWipe(
                spec,
                List.of(
                        new ContainerGrant("container_1_0001_01_000003", 0, "n1:1", "n:8042", 3_584),
                        new ContainerGrant("container_1_0001_01_000002", 0, "n1:1", "n:8042", 1_536)));

        assertThat(next.record("etl-0").containerId()).isEqualTo("container_1_0001_01_000003");
        assertThat(next.record("default-0").containerId()).isEqualTo("container_1_0001_01_000002");
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
