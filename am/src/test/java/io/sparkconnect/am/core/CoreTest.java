/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CoreTest {
    private static final String LEFT_BEHIND = "application_1_0009";

    @Test
    void asksForOneContainerPerServerUnderDifferentIds() {
        CoreStory story = CoreStory.ofServers(3);

        assertThat(story.took(Action.AskContainer.class))
                .extracting(Action.AskContainer::allocationRequestId)
                .hasSize(3)
                .doesNotHaveDuplicates();
    }

    @Test
    void publishesAServerOnlyWhenItHasJoinedAndAnswersAlive() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.allocate("default-0", "n1:1");
        assertThat(story.took(Action.LaunchServer.class)).hasSize(1);
        story.happens(new Event.Started(container)).join(container, "i-" + container);
        assertThat(story.outlook().image().servers()).isEmpty();

        story.poll(container, 0);

        assertThat(story.server(container)).satisfies(server -> {
            assertThat(server.state()).isEqualTo(ServerState.READY);
            assertThat(server.port()).isEqualTo(4000);
            assertThat(server.logUrl()).isEqualTo("http://n:8042/node/containerlogs/" + container + "/ana");
        });
        assertThat(story.outlook().live().state()).isEqualTo(ServiceState.READY);
    }

    @Test
    void replacesAServerLostWithItsNodeWithoutBackOff() {
        CoreStory story = CoreStory.ofServers(2);
        String first = story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.forget();

        story.completes(first, -100);

        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
        assertThat(story.record("default-0").consecutiveFailures()).isZero();
        assertThat(story.death(first).cause()).isEqualTo(DeathCause.NODE_LOST);
    }

    @Test
    void backsOffLongerWithEachFailureAndLeavesOtherSlotsAlone() {
        CoreStory story = CoreStory.ofServers(2);
        String other = story.makeReady("default-1", "n2:1");
        long longest = 0;
        for (int failure = 1; failure <= 12; failure++) {
            String container = story.allocate("default-0", "n1:1");
            story.happens(new Event.Started(container)).completes(container, 1);
            assertThat(story.state("default-0")).isEqualTo(SlotState.BACKOFF);
            longest = story.record("default-0").backoffUntilMs() - story.nowMs();
            story.passes(Duration.ofMillis(longest));
            assertThat(story.state("default-0")).isEqualTo(SlotState.REQUESTED);
        }

        assertThat(longest).isBetween(225_000L, 300_000L);
        assertThat(story.outlook().image().servers()).containsOnlyKeys(other);
        assertThat(story.outlook().live().state()).isEqualTo(ServiceState.DEGRADED);
        assertThat(story.outlook().image().deaths()).hasSize(5);
    }

    @Test
    void forgetsFailuresOfAServerThatHasBeenStable() {
        CoreStory story = CoreStory.ofServers(1);
        String first = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(first)).completes(first, 1).passes(Duration.ofSeconds(2));
        story.makeReady("default-0", "n1:1");
        assertThat(story.record("default-0").consecutiveFailures()).isEqualTo(1);

        story.passes(Duration.ofMinutes(5));

        assertThat(story.record("default-0").consecutiveFailures()).isZero();
    }

    @Test
    void replacesAServerThatStoppedAnswering() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.pollFails(container).pollFails(container);
        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
        story.forget();

        story.pollFails(container);

        assertThat(story.outlook().image().servers()).isEmpty();
        assertThat(story.death(container).cause()).isEqualTo(DeathCause.UNRESPONSIVE);
        assertThat(story.done(Action.StopContainer.class)).hasSize(1);
        assertThat(story.done(Action.ReleaseContainer.class)).hasSize(1);
        story.completes(container, -100).passes(Duration.ofSeconds(2));
        assertThat(story.state("default-0")).isEqualTo(SlotState.REQUESTED);
        assertThat(story.death(container).cause()).isEqualTo(DeathCause.UNRESPONSIVE);
    }

    @Test
    void replacesAServerWhoseSparkContextStoppedAtOnce() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");

        story.happens(new Event.Polled(
                container, new HealthAnswer("i-" + container, false, "application killed", ServerLoad.UNKNOWN, null)));

        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
        assertThat(story.death(container).cause()).isEqualTo(DeathCause.SPARK_CONTEXT_STOPPED);
        assertThat(story.death(container).diagnostics()).contains("application killed");
    }

    @Test
    void takesAnotherProcessOnTheSamePortForNoAnswer() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        Event stranger =
                new Event.Polled(container, new HealthAnswer("somebody", true, "", new ServerLoad(0, 0, 1, 2), null));

        story.happens(stranger).happens(stranger).happens(stranger);

        assertThat(story.death(container).cause()).isEqualTo(DeathCause.UNRESPONSIVE);
    }

    @Test
    void releasesAContainerThatNobodyAskedFor() {
        CoreStory story = CoreStory.ofServers(1);
        story.makeReady("default-0", "n1:1");
        story.forget();

        story.happens(new Event.Allocated(new ContainerGrant("container_1_0001_01_000099", 17, "n1:1", "n:8042")));

        assertThat(story.took(Action.ReleaseContainer.class))
                .containsExactly(new Action.ReleaseContainer("container_1_0001_01_000099"));
    }

    @Test
    void givesBackAContainerThatItsNodeDoesNotStart() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.allocate("default-0", "n1:1");
        story.forget();

        story.passes(Duration.ofMinutes(2));

        assertThat(story.took(Action.ReleaseContainer.class)).containsExactly(new Action.ReleaseContainer(container));
        assertThat(story.death(container).cause()).isEqualTo(DeathCause.START_TIMED_OUT);
    }

    @Test
    void namesTheWaitingApplicationWhenAServerDoesNotComeUp() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(container));
        story.happens(new Event.ChildrenSeen(List.of(new ChildView(
                LEFT_BEHIND,
                Set.of("sparkconnect-server-" + container),
                "application_1_0001",
                true,
                "Queue's AM resource limit exceeded"))));
        assertThat(story.record("default-0").reason()).contains("AM resource limit exceeded");

        story.passes(Duration.ofMinutes(5));

        assertThat(story.death(container).diagnostics()).contains("AM resource limit exceeded");
    }

    @Test
    void saysHowFarAStartHasCome() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.allocate("default-0", "n1:1");
        story.happens(new Event.Started(container));
        assertThat(story.took(Action.LookAtContainer.class))
                .containsExactly(new Action.LookAtContainer(container, "n1:1"));

        story.happens(new Event.ContainerSeen(container, true)).passes(Duration.ofSeconds(3));
        assertThat(story.record("default-0").reason()).contains("n1:1 downloads and unpacks its files");
        assertThat(story.took(Action.LookAtContainer.class)).hasSize(1);

        story.happens(new Event.ContainerSeen(container, false)).passes(Duration.ofSeconds(3));
        assertThat(story.record("default-0").reason()).contains("Spark starts in " + container);
        assertThat(story.took(Action.LookAtContainer.class)).as("it runs").isEmpty();

        story.happens(new Event.ChildrenSeen(List.of(new ChildView(
                LEFT_BEHIND, Set.of("sparkconnect-server-" + container), "application_1_0001", false, ""))));
        assertThat(story.record("default-0").reason()).contains(LEFT_BEHIND + " runs");
    }

    @Test
    void asksTheNodeForTheLastWordsOfAServerThatWasKilled() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.completes(container, 137);
        assertThat(story.took(Action.ReadLastLines.class))
                .containsExactly(new Action.ReadLastLines(container, "n:8042"));

        story.happens(new Event.LastLinesRead(container, "one\n\ntwo\n"));

        assertThat(story.death(container).lastLines()).containsExactly("one", "two");
        assertThat(story.death(container).cause()).isEqualTo(DeathCause.KILLED);
    }

    @Test
    void learnsFromTheLastWordsThatTheJvmKilledItself() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.completes(container, 137);

        story.happens(new Event.LastLinesRead(container, "# java.lang.OutOfMemoryError: Java heap space\n"));

        assertThat(story.death(container).cause()).isEqualTo(DeathCause.HEAP_EXHAUSTED);
        assertThat(story.death(container).remedy()).contains("sparkconnect.server.memory");
    }

    @Test
    void asksNobodyForTheLastWordsOfAServerThatWasNotWantedAnyMore() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.happens(new Event.SpecChanged(Specs.stopped(1, 2, 0), Specs.POLICY));

        story.completes(container, 0);

        assertThat(story.took(Action.ReadLastLines.class)).isEmpty();
    }

    @Test
    void asksAgainWhenYarnNeverAnswers() {
        CoreStory story = CoreStory.ofServers(1);
        long first = story.record("default-0").allocationRequestId();
        story.forget();

        story.passes(Duration.ofMinutes(11));

        assertThat(story.done(Action.CancelAsk.class)).containsExactly(new Action.CancelAsk(first));
        assertThat(story.record("default-0").allocationRequestId()).isNotEqualTo(first);
    }

    @Test
    void goesOnWhenTheCompletionOfAStoppedContainerNeverComes() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.pollFails(container).pollFails(container).pollFails(container);

        story.passes(Duration.ofSeconds(70));

        assertThat(story.state("default-0")).isIn(SlotState.WANTED, SlotState.REQUESTED);
    }

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

    @Test
    void killsTheApplicationThatADeadServerLeftBehind() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.completes(container, 137).forget();

        story.happens(new Event.ChildrenSeen(List.of(
                new ChildView(
                        LEFT_BEHIND,
                        Set.of("sparkconnect-service-svc", "sparkconnect-server-" + container),
                        "application_1_0001",
                        false,
                        ""),
                new ChildView("application_1_0001", Set.of("sparkconnect-service-svc"), null, false, ""))));

        assertThat(story.took(Action.KillApplication.class))
                .extracting(Action.KillApplication::applicationId)
                .containsExactly(LEFT_BEHIND);
    }

    @Test
    void leavesTheServersOfALivingServiceOfTheSameNameAlone() {
        CoreStory story = CoreStory.ofServers(1);
        ChildView stranger = new ChildView(
                "application_1_0099",
                Set.of("sparkconnect-server-container_1_0050_01_000002"),
                "application_1_0050",
                false,
                "");
        ChildView itsService = new ChildView("application_1_0050", Set.of(), null, false, "");

        story.happens(new Event.ChildrenSeen(List.of(stranger, itsService)));
        assertThat(story.took(Action.KillApplication.class)).isEmpty();

        story.happens(new Event.ChildrenSeen(List.of(stranger)));
        assertThat(story.took(Action.KillApplication.class)).hasSize(1);
    }

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
        story.poll(idle, 0);
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

    @Test
    void ignoresALateCopyOfAnOldSpec() {
        CoreStory story = CoreStory.of(Specs.servers(2, 5));

        story.happens(new Event.SpecChanged(Specs.servers(9, 4), Specs.POLICY));

        assertThat(story.outlook().image().slots()).hasSize(2);
    }

    @Test
    void prunesDeathCertificatesAfterTheirTime() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.completes(container, 137);
        assertThat(story.outlook().image().deaths()).containsKey(container);

        story.passes(Duration.ofHours(25));

        assertThat(story.outlook().image().deaths()).isEmpty();
    }
}
