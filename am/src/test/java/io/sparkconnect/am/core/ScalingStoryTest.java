/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ScalingStatus.Limit;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A pool that follows its load, and what YARN does to it. */
class ScalingStoryTest {
    private static final Duration MOMENT = Duration.ofSeconds(2);

    @Test
    void startsAServerForTheFirstWaitingSession() {
        CoreStory story = CoreStory.of(Specs.scaled(0, 4, 1));
        assertThat(story.took(Action.AskContainer.class)).isEmpty();

        story.proxyTells(1, Map.of());

        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
        assertThat(story.decisions())
                .contains(
                        "pool default: 1 server instead of 0: 0 sessions and 1 waiting at the proxies, 8 to a server");
        assertThat(story.scaling().held()).isEqualTo(1);
    }

    @Test
    void startsAServerBeforeTheLastSeatIsTaken() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1));
        String first = story.makeReady("default-0", "n1:1");
        story.poll(first, 8).passes(MOMENT).forget();
        assertThat(story.target()).isEqualTo(1);

        story.poll(first, 9).passes(MOMENT);

        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
    }

    @Test
    void isReadyWithItsMinimumWhileItGrows() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1));
        story.makeReady("default-0", "n1:1");

        story.proxyTells(9, Map.of()).passes(MOMENT);

        assertThat(story.target()).isEqualTo(2);
        assertThat(story.outlook().live().state()).isEqualTo(ServiceState.READY);
    }

    @Test
    void countsSessionsAsTheProxiesKnowThemOnServersThatCannotTell() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1));
        String first = story.makeReady("default-0", "n1:1");

        story.poll(first, -1).proxyTells(0, Map.of(first, 9)).passes(MOMENT);

        assertThat(story.target()).isEqualTo(2);
        assertThat(story.pool().sessions()).isEqualTo(9);
    }

    @Test
    void drainsTheEmptiestServerAndLetsItsSessionsEndByThemselves() {
        CoreStory story = twoServersThatAreTooMany();
        passesWith(story, Duration.ofMinutes(11));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);
        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);

        passesWith(story, Duration.ofHours(20));
        assertThat(story.state("default-1")).as("one session is left").isEqualTo(SlotState.DRAINING);
        story.poll(container(story, "default-1"), 0).passes(MOMENT);

        assertThat(story.state("default-1")).isEqualTo(SlotState.STOPPING);
        assertThat(story.decisions()).anyMatch(text -> text.contains("1 server instead of 2: no more were needed"));
    }

    @Test
    void endsADrainingServerAtTheDeadlineThatTheOperatorSet() {
        CoreStory story = twoServersThatAreTooMany();
        story.happens(new Event.SpecChanged(Specs.scaledWith(1, 4, 2, Duration.ofHours(2)), Specs.POLICY));
        passesWith(story, Duration.ofMinutes(11));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);

        passesWith(story, Duration.ofMinutes(121));

        assertThat(story.state("default-1")).isEqualTo(SlotState.STOPPING);
    }

    @Test
    void givesNothingUpWhileZooKeeperIsAway() {
        CoreStory story = twoServersThatAreTooMany();
        story.happens(new Event.ProxiesSeen(new ProxySnapshot(Map.of(), false)));

        passesWith(story, Duration.ofHours(2));

        assertThat(story.state("default-1")).isEqualTo(SlotState.READY);
        assertThat(story.scaling().limit()).isEqualTo(Limit.UNKNOWN);
    }

    @Test
    void doesNotBelieveAnEmptyServerThatAProxyMayJustHaveGivenASession() {
        CoreStory story = twoServersThatAreTooMany();
        String idle = container(story, "default-1");
        passesWith(story, Duration.ofMinutes(11));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);

        story.proxyTells(0, Map.of(idle, 1)).passes(Specs.PROXIES_SEE_WITHIN).poll(idle, 0);

        assertThat(story.state("default-1")).as("a session is on its way").isEqualTo(SlotState.DRAINING);
        story.passes(Duration.ofSeconds(12)).poll(idle, 0);
        assertThat(story.state("default-1"))
                .as("only the proxy remembers a session that the server has ended")
                .isEqualTo(SlotState.STOPPING);
    }

    @Test
    void waitsForProxiesToLearnOfADrainThatCouldNotBePublishedWhenItBegan() {
        CoreStory story = twoServersThatAreTooMany();
        String idle = container(story, "default-1");
        passesWith(story, Duration.ofMinutes(11));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);
        story.happens(new Event.ProxiesSeen(new ProxySnapshot(Map.of(), false)))
                .passes(Duration.ofMinutes(3))
                .poll(idle, 0);

        story.proxyTells(0, Map.of()).passes(Duration.ofSeconds(2)).poll(idle, 0);

        assertThat(story.state("default-1")).as("they have just heard of it").isEqualTo(SlotState.DRAINING);
        story.passes(Specs.PROXIES_SEE_WITHIN).poll(idle, 0);
        assertThat(story.state("default-1")).isEqualTo(SlotState.STOPPING);
    }

    @Test
    void takesADrainingServerBackBeforeItAsksForAContainer() {
        CoreStory story = twoServersThatAreTooMany();
        passesWith(story, Duration.ofMinutes(11));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);
        story.forget();

        story.poll(container(story, "default-0"), 9).passes(MOMENT);

        assertThat(story.state("default-1")).isEqualTo(SlotState.READY);
        assertThat(story.took(Action.AskContainer.class)).isEmpty();
    }

    @Test
    void takesADrainingServerBackInPlaceOfAnAskThatWaits() {
        CoreStory story = twoServersThatAreTooMany();
        passesWith(story, Duration.ofMinutes(11));
        assertThat(story.state("default-1")).isEqualTo(SlotState.DRAINING);

        story.completes(container(story, "default-0"), -100);

        assertThat(story.state("default-1")).isEqualTo(SlotState.READY);
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-1");
    }

    @Test
    void endsAServerThatCannotTellItsSessionsOnlyWhenTheProxiesHaveKnownAllOfThem() {
        CoreStory story = twoServersThatAreTooMany();
        String idle = container(story, "default-1");
        story.poll(idle, -1).proxyTells(0, Map.of(container(story, "default-0"), 1, idle, 1));
        for (int i = 0; i < 8; i++) {
            story.passes(Duration.ofMinutes(2)).poll(idle, -1).poll(container(story, "default-0"), 1);
        }
        assertThat(story.state("default-1")).isIn(SlotState.DRAINING, SlotState.READY);
        String draining = story.state("default-1") == SlotState.DRAINING ? idle : container(story, "default-0");

        story.poll(draining, -1).proxyTells(0, Map.of()).passes(Duration.ofSeconds(20));

        assertThat(story.outlook().image().servers()).doesNotContainKey(draining);
    }

    @Test
    void saysThatAServerDrainsWithoutEndWhenNobodyCanTellThatItIsEmpty() {
        CoreStory story = twoServersThatAreTooMany();
        String first = container(story, "default-0");
        String second = container(story, "default-1");
        story.proxyTells(0, Map.of(first, 1, second, 1));
        for (int i = 0; i < 8; i++) {
            story.passes(Duration.ofMinutes(2)).poll(second, -1).poll(first, -1);
        }
        String slot = story.state("default-1") == SlotState.DRAINING ? "default-1" : "default-0";
        String draining = container(story, slot);
        ProxyRecord restarted = new ProxyRecord("q", "primary:15002", "", 1, 0, 0, story.nowMs(), Map.of(), Map.of());

        story.happens(new Event.ProxiesSeen(new ProxySnapshot(Map.of("q", restarted), true)));
        for (int i = 0; i < 60; i++) {
            story.passes(Duration.ofMinutes(1)).poll(draining, -1);
        }

        assertThat(story.state(slot)).as("it may have sessions").isEqualTo(SlotState.DRAINING);
        assertThat(story.record(slot).reason()).startsWith("drains without end: ");
        assertThat(story.decisions())
                .filteredOn(text -> text.startsWith(slot + ": drains without end"))
                .singleElement()
                .asString()
                .contains("sparkconnect.scaling.in.drain.timeout");

        story.happens(new Event.SpecChanged(Specs.scaledWith(1, 4, 2, Duration.ofMinutes(10)), Specs.POLICY))
                .passes(MOMENT);

        assertThat(story.state(slot)).isEqualTo(SlotState.STOPPING);
    }

    @Test
    void warnsOnceWhenServersThatCannotCountTheirSessionsComeUpAndGivenUpOnesHaveNoDeadline() {
        CoreStory unbounded = CoreStory.of(Specs.scaled(2, 4, 1));
        becomesReady(unbounded, "default-0", "3.5.3");
        becomesReady(unbounded, "default-1", "3.5.3");
        CoreStory bounded = CoreStory.of(Specs.scaledWith(1, 4, 1, Duration.ofHours(12)));
        becomesReady(bounded, "default-0", "3.5.3");
        CoreStory newer = CoreStory.of(Specs.scaled(1, 4, 1));
        becomesReady(newer, "default-0", "4.0.1");

        assertThat(unbounded.decisions())
                .filteredOn(text -> text.contains("sparkconnect.scaling.in.drain.timeout"))
                .singleElement()
                .asString()
                .startsWith("pool default: Spark 3.5.3 cannot count its sessions");
        assertThat(bounded.decisions()).noneMatch(text -> text.contains("cannot count"));
        assertThat(newer.decisions()).noneMatch(text -> text.contains("cannot count"));
    }

    private static void becomesReady(CoreStory story, String slot, String sparkVersion) {
        String server = story.allocate(slot, slot.equals("default-0") ? "n1:1" : "n2:1");
        story.happens(new Event.Started(server))
                .happens(new Event.Joined(1, new JoinRequest(server, "i-" + server, "n1", 1, 2, sparkVersion, null)))
                .poll(server, -1);
        assertThat(story.state(slot)).isEqualTo(SlotState.READY);
    }

    @Test
    void asksForNoMoreThanTheQueueCanHold() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 10, 1)).queueHas(3 * 1408 + 1000, 0);

        story.proxyTells(70, Map.of());
        for (int i = 0; i < 5; i++) {
            story.passes(MOMENT);
        }

        assertThat(story.target()).isEqualTo(2);
        makeAllReady(story, "default-0", "default-1");
        story.queueHas(3 * 1408 + 1000, 2 * 1408).passes(MOMENT);
        assertThat(story.target()).isEqualTo(3);
        assertThat(story.scaling().room()).isEqualTo(3);
        assertThat(story.scaling().limit()).isEqualTo(Limit.QUEUE);
        assertThat(story.scaling().reason())
                .contains("9 servers are needed", "queue sparkconnect can hold 3 servers of 1408 MiB");
    }

    @Test
    void leavesItsOwnContainerThePlaceThatItTakesOfTheUsersShare() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 10, 1));
        // Two servers and 768 MiB, less one.
        QueueView.Share share = new QueueView.Share(2 * 1408 + 767, 100_000);
        story.happens(new Event.QueuesSeen(List.of(new QueueView("sparkconnect", Map.of("", share), "", 0, 1)), 128));
        story.happens(new Event.SpecChanged(Specs.scaled(1, 10, 2), Specs.withMaster(768)));

        story.proxyTells(70, Map.of());
        makeAllReady(story, "default-0");
        story.passes(MOMENT);

        assertThat(story.target()).isEqualTo(1);
        assertThat(story.scaling().reason()).contains("gives one user 1 server", "the ApplicationMaster holds 768 MiB");
    }

    @Test
    void staysBelowWhatTheQueueGivesOneUser() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 10, 1));
        QueueView.Share share = new QueueView.Share(3_000, 100_000);
        story.happens(new Event.QueuesSeen(List.of(new QueueView("sparkconnect", Map.of("", share), "", 0, 1)), 128));

        story.proxyTells(70, Map.of());
        makeAllReady(story, "default-0", "default-1");
        story.passes(MOMENT);

        assertThat(story.target()).isEqualTo(2);
        assertThat(story.scaling().reason())
                .contains("gives one user 2 servers", "user-limit-factor 1.0 of its guaranteed 3000 MiB");
    }

    @Test
    void countsNodesOfThePoolsOwnLabelOnly() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 10, 1)).queueHas(100_000, 0);
        story.happens(new Event.NodesSeen(List.of(
                new NodeView("n1:1", NodeView.Condition.RUNNING, 4096, 4, 0, Set.of(), null),
                new NodeView("n2:1", NodeView.Condition.RUNNING, 40_960, 4, 0, Set.of("gpu"), null),
                new NodeView("n3:1", NodeView.Condition.UNHEALTHY, 4096, 4, 0, Set.of(), null))));

        story.proxyTells(70, Map.of()).passes(MOMENT);

        assertThat(story.target()).isEqualTo(2);
        assertThat(story.scaling().reason()).contains("the running nodes can hold 2 servers of 1408 MiB");
        assertThat(story.scaling().limit()).isEqualTo(Limit.NODES);
    }

    @Test
    void countsWhatOthersHoldOfTheQueueOnceItHasSeenItOftenEnough() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 10, 1)).queueHas(10_000, 0);
        story.passes(MOMENT);
        assertThat(story.scaling().room()).as("two on each node").isEqualTo(4);

        story.queueHas(10_000, 8_000).passes(MOMENT);
        assertThat(story.scaling().room()).as("may be a moment's").isEqualTo(4);
        story.queueHas(10_000, 8_000).queueHas(10_000, 8_000).passes(MOMENT);

        assertThat(story.scaling().room()).isEqualTo(1);
    }

    @Test
    void saysWhyAnAskWaits() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1)).queueHas(4000, 3900);

        story.passes(Duration.ofSeconds(11));

        assertThat(story.record("default-0").reason())
                .contains("queue sparkconnect is full: 3900 of at most 4000 MiB are in use");
    }

    @Test
    void withdrawsAsksThatYarnDoesNotMeetButNeverThoseForTheMinimum() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1)).queueHas(100_000, 0);
        story.proxyTells(16, Map.of()).forget();
        assertThat(story.target()).isEqualTo(2);

        story.passes(Duration.ofSeconds(121));

        assertThat(story.took(Action.CancelAsk.class)).hasSize(1);
        assertThat(story.outlook().image().slots()).hasSize(1);
        assertThat(story.scaling().limit()).isEqualTo(Limit.PENDING);
        assertThat(story.decisions()).anyMatch(text -> text.contains("YARN gave no container for 2 min"));
    }

    @Test
    void givesUpTheEmptiestServersWhenYarnWantsSomeBack() {
        CoreStory story = CoreStory.of(Specs.scaled(3, 6, 1)).proxyTells(0, Map.of());
        makeAllReady(story, "default-0", "default-1", "default-2");
        String busy = container(story, "default-0");
        String empty = container(story, "default-2");
        story.poll(busy, 7).poll(container(story, "default-1"), 5).forget();

        story.happens(new Event.PreemptionWarned(List.of(busy), false));
        assertThat(story.state("default-2")).isEqualTo(SlotState.DRAINING);
        story.passes(Specs.PROXIES_SEE_WITHIN).poll(empty, 0).passes(MOMENT);

        assertThat(story.state("default-2")).isEqualTo(SlotState.STOPPING);
        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
        assertThat(story.scaling().limit()).isEqualTo(Limit.PREEMPTION);
        assertThat(story.decisions()).anyMatch(text -> text.contains("YARN wants back [" + busy + "]"));
    }

    @Test
    void keepsItsServersWhateverYarnWantsWhenItsSizeIsFixed() {
        CoreStory story = CoreStory.ofServers(1);
        String only = story.makeReady("default-0", "n1:1");

        story.happens(new Event.PreemptionWarned(List.of(only), true)).passes(MOMENT);

        assertThat(story.state("default-0")).isEqualTo(SlotState.READY);
        assertThat(story.decisions()).anyMatch(text -> text.contains("YARN will take [" + only + "]"));
    }

    @Test
    void wantsFewerServersForAWhileAfterYarnTookOne() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 6, 1)).proxyTells(20, Map.of());
        makeAllReady(story, "default-0", "default-1", "default-2");
        String taken = container(story, "default-2");
        story.proxyTells(0, Map.of())
                .poll(container(story, "default-0"), 7)
                .poll(taken, 7)
                .poll(container(story, "default-1"), 7)
                .forget();

        story.completes(taken, -102);

        assertThat(story.took(Action.AskContainer.class)).isEmpty();
        assertThat(story.target()).isEqualTo(2);
        story.poll(container(story, "default-0"), 12).poll(container(story, "default-1"), 12);
        story.passes(Duration.ofMinutes(5)).passes(MOMENT);
        assertThat(story.target()).isEqualTo(3);
    }

    @Test
    void takesAServerWithoutHeapForFull() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1));
        String first = story.makeReady("default-0", "n1:1");
        for (int i = 0; i < 130; i += 2) {
            story.passes(MOMENT)
                    .happens(new Event.Polled(
                            first, new HealthAnswer("i-" + first, true, "", new ServerLoad(2, 0, 95, 100), null)));
        }
        assertThat(story.target()).as("full with its two sessions").isEqualTo(1);

        story.proxyTells(1, Map.of()).passes(MOMENT);

        assertThat(story.target()).isEqualTo(2);
    }

    /** Two servers with one session each, where one server would do. */
    private static CoreStory twoServersThatAreTooMany() {
        CoreStory story = CoreStory.of(Specs.scaled(1, 4, 1)).proxyTells(9, Map.of());
        makeAllReady(story, "default-0", "default-1");
        story.proxyTells(0, Map.of());
        story.poll(container(story, "default-0"), 2).poll(container(story, "default-1"), 1);
        return story;
    }

    /** In steps, as a real core is told of time. */
    private static void passesWith(CoreStory story, Duration time) {
        for (long minute = 0; minute < time.toMinutes(); minute++) {
            story.passes(Duration.ofMinutes(1));
        }
    }

    private static void makeAllReady(CoreStory story, String... slots) {
        for (String slot : slots) {
            if (!story.outlook().image().slots().containsKey(slot)) {
                story.passes(MOMENT);
            }
            story.passes(Duration.ofSeconds(10));
            story.makeReady(slot, "n1:1");
        }
    }

    private static String container(CoreStory story, String slot) {
        return java.util.Objects.requireNonNull(story.record(slot).containerId());
    }
}
