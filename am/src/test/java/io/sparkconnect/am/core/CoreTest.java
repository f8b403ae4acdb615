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

/** A server's life from the ask to its death certificate. */
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
    void prunesDeathCertificatesAfterTheirTime() {
        CoreStory story = CoreStory.ofServers(1);
        String container = story.makeReady("default-0", "n1:1");
        story.completes(container, 137);
        assertThat(story.outlook().image().deaths()).containsKey(container);

        story.passes(Duration.ofHours(25));

        assertThat(story.outlook().image().deaths()).isEmpty();
    }
}
