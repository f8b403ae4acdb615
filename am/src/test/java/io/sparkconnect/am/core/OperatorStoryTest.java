/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What operators ask for: drains, rolling restarts, upgrades and their way back. */
class OperatorStoryTest {
    private static final Duration MOMENT = Duration.ofSeconds(2);

    private ServiceSpec spec = Specs.servers(2, 1);

    @Test
    void aDrainedServerKeepsItsSessionsAndIsReplaced() {
        CoreStory story = CoreStory.of(spec);
        String drained = story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.poll(drained, 3).forget();

        changes(story, orders -> orders.drainServer(drained, new DrainOrder(0, 600_000, "ann")));

        assertThat(story.server(drained).state()).isEqualTo(ServerState.DRAINING);
        assertThat(story.done(Action.DrainAgent.class)).singleElement().satisfies(told -> {
            assertThat(told.containerId()).isEqualTo(drained);
            assertThat(told.drain()).isTrue();
        });
        assertThat(story.state("default-2")).as("its stand-in").isEqualTo(SlotState.REQUESTED);
        assertThat(story.record("default-0").reason()).contains("ann drains it");
        story.passes(Duration.ofMinutes(5)).poll(drained, 3);
        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);

        story.poll(drained, 0).passes(MOMENT).poll(drained, 0);

        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
        assertThat(story.death(drained).cause()).isEqualTo(DeathCause.STOPPED_BY_OPERATOR);
        assertThat(story.death(drained).diagnostics()).contains("ann drains it");
        story.completes(drained, 0);
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-1", "default-2");
    }

    @Test
    void aDrainEndsAtItsOwnDeadline() {
        CoreStory story = CoreStory.of(spec);
        String drained = story.makeReady("default-0", "n1:1");
        changes(story, orders -> orders.drainServer(drained, new DrainOrder(0, 30_000, "ann")));
        story.poll(drained, 3).passes(Duration.ofSeconds(29)).poll(drained, 3);
        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);

        story.passes(MOMENT);

        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
    }

    @Test
    void undrainTakesNewSessionsAgainAndLetsTheStandInGo() {
        CoreStory story = CoreStory.of(spec);
        String drained = story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        changes(story, orders -> orders.drainServer(drained, new DrainOrder(0, 600_000, "ann")));
        story.forget();

        changes(story, orders -> orders.undrainServer(drained));

        assertThat(story.server(drained).state()).isEqualTo(ServerState.READY);
        assertThat(story.done(Action.DrainAgent.class))
                .singleElement()
                .satisfies(told -> assertThat(told.drain()).isFalse());
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-0", "default-1");
        assertThat(story.done(Action.CancelAsk.class)).as("the stand-in's").hasSize(1);
    }

    @Test
    void aDrainSurvivesTheApplicationMaster() {
        CoreStory story = CoreStory.of(spec);
        String drained = story.makeReady("default-0", "n1:1");
        String other = story.makeReady("default-1", "n2:1");
        changes(story, orders -> orders.drainServer(drained, new DrainOrder(0, 600_000, "ann")));
        story.poll(drained, 1);

        CoreStory next = story.nextAttempt(spec, List.of(grant(drained, "n1:1"), grant(other, "n2:1")));

        assertThat(next.server(drained).state()).isEqualTo(ServerState.DRAINING);
        next.makeReady("default-2", "n2:1");
        next.poll(drained, 1).passes(Duration.ofMinutes(1));
        assertThat(next.state("default-0")).as("not taken back").isEqualTo(SlotState.DRAINING);
        spec = spec.withOrders(spec.ordersOrNone().undrainServer(drained)).next(0, "ann", "undrain");
        next.happens(new Event.SpecChanged(spec, Specs.POLICY));
        assertThat(next.state("default-0")).isEqualTo(SlotState.READY);
    }

    @Test
    void aDrainedNodeGetsNoServerHoweverLongAnAskWaits() {
        CoreStory story = CoreStory.of(spec);
        String leaving = story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.forget();

        changes(story, orders -> orders.drainNode("n1:1", new DrainOrder(0, 600_000, "ann")));

        assertThat(story.server(leaving).state()).isEqualTo(ServerState.DRAINING);
        story.passes(Duration.ofMinutes(2));
        assertThat(story.done(Action.AvoidNodes.class))
                .last()
                .satisfies(avoid -> assertThat(avoid.nodes()).containsExactly("n1:1"));
        String refused = story.allocate("default-2", "n1:1");
        assertThat(story.done(Action.ReleaseContainer.class)).contains(new Action.ReleaseContainer(refused));
        assertThat(story.state("default-2")).isEqualTo(SlotState.REQUESTED);
        story.makeReady("default-2", "n2:1");
    }

    @Test
    void saysThatEveryNodeIsDrained() {
        CoreStory story = CoreStory.of(spec);
        story.makeReady("default-0", "n1:1");

        changes(
                story,
                orders -> orders.drainNode("n1:1", new DrainOrder(0, 0, "ann"))
                        .drainNode("n2:1", new DrainOrder(0, 0, "ann")));

        assertThat(story.outlook().live().message()).contains("every running node is drained");
    }

    @Test
    void aRollingRestartReplacesOneServerAtATimeBehindAReadyOne() {
        CoreStory story = CoreStory.of(spec);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");
        story.forget();

        rollsOut(story, "restart", false, 1);

        assertThat(story.took(Action.AskContainer.class))
                .as("one above the target")
                .hasSize(1);
        assertThat(List.of(story.state("default-0"), story.state("default-1"))).containsOnly(SlotState.READY);
        story.makeReady("default-2", "n1:1");
        assertThat(List.of(story.state("default-0"), story.state("default-1")))
                .containsExactlyInAnyOrder(SlotState.READY, SlotState.DRAINING);
        String draining = story.state("default-0") == SlotState.DRAINING ? first : second;
        String left = draining.equals(first) ? second : first;
        story.forget();
        ends(story, draining);
        assertThat(story.took(Action.AskContainer.class)).as("for the second").hasSize(1);
        story.makeReady(requested(story), "n2:1");
        ends(story, left);

        assertThat(rollout(story).state()).isEqualTo(RolloutState.DONE);
        assertThat(story.outlook().image().slots())
                .hasSize(2)
                .allSatisfy((name, slot) -> assertThat(slot.revision()).isEqualTo(2));
        assertThat(story.done(Action.AskContainer.class)).isEmpty();
    }

    @Test
    void aRolloutInPlaceDrainsFirst() {
        CoreStory story = CoreStory.of(spec);
        story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.forget();

        rollsOut(story, "restart", false, 0);

        assertThat(List.of(story.state("default-0"), story.state("default-1")))
                .containsExactlyInAnyOrder(SlotState.READY, SlotState.DRAINING);
        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
        story.passes(Duration.ofSeconds(30));
        assertThat(List.of(story.state("default-0"), story.state("default-1"))).contains(SlotState.READY);
    }

    @Test
    void aRestartAtOnceDrainsAllOfThem() {
        CoreStory story = CoreStory.of(spec);
        story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.forget();

        rollsOut(story, "restart", true, 1);

        assertThat(List.of(story.state("default-0"), story.state("default-1"))).containsOnly(SlotState.DRAINING);
        assertThat(story.took(Action.AskContainer.class)).hasSize(2);
    }

    @Test
    void anUpgradeWhoseServersDoNotComeUpIsRolledBackAndNoGoodServerIsTouched() {
        CoreStory story = CoreStory.of(spec);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");

        upgrades(story, "/opt/broken");
        for (int failure = 0; failure < 3; failure++) {
            assertThat(rollout(story).state()).isEqualTo(RolloutState.RUNNING);
            String container = story.allocate("default-2", "n1:1");
            assertThat(story.took(Action.LaunchServer.class))
                    .last()
                    .satisfies(launch -> assertThat(launch.pool().sparkHome()).isEqualTo("/opt/broken"));
            story.happens(new Event.Started(container)).completes(container, 1);
            story.passes(Duration.ofSeconds(10));
        }

        assertThat(rollout(story).state()).isEqualTo(RolloutState.ROLLED_BACK);
        assertThat(rollout(story).message()).contains("3 new servers failed");
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-0", "default-1");
        assertThat(List.of(story.server(first).state(), story.server(second).state()))
                .containsOnly(ServerState.READY);
        assertThat(story.outlook().live().decisions())
                .anySatisfy(decision -> assertThat(decision.text()).contains("goes back to its configuration before"));
        // Whatever dies now comes back with the good configuration, with a later ApplicationMaster too.
        CoreStory next = story.nextAttempt(spec, List.of(grant(first, "n1:1"), grant(second, "n2:1")));
        next.completes(first, -100);
        next.allocate("default-0", "n1:1");
        assertThat(next.took(Action.LaunchServer.class))
                .singleElement()
                .satisfies(launch -> assertThat(launch.pool().sparkHome()).isEqualTo("/opt/spark"));
    }

    @Test
    void anUpgradeThatFailsHalfWayBringsTheUpgradedServersBackToo() {
        CoreStory story = CoreStory.of(spec);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");
        upgrades(story, "/opt/flaky");
        String upgraded = story.makeReady("default-2", "n1:1");
        String gone = story.state("default-0") == SlotState.DRAINING ? first : second;
        String stays = gone.equals(first) ? second : first;
        ends(story, gone);
        for (int failure = 0; failure < 3; failure++) {
            String container = story.allocate(requested(story), "n2:1");
            story.happens(new Event.Started(container)).completes(container, 1);
            story.passes(Duration.ofSeconds(10));
        }
        assertThat(rollout(story).state()).isEqualTo(RolloutState.ROLLING_BACK);
        assertThat(story.server(upgraded).state())
                .as("serves until one stands in")
                .isEqualTo(ServerState.READY);

        story.makeReady(requested(story), "n2:1");
        assertThat(story.server(upgraded).state()).isEqualTo(ServerState.DRAINING);
        ends(story, upgraded);

        assertThat(rollout(story).state()).isEqualTo(RolloutState.ROLLED_BACK);
        assertThat(story.server(stays).state()).isEqualTo(ServerState.READY);
        assertThat(story.outlook().image().slots())
                .hasSize(2)
                .allSatisfy((name, slot) -> assertThat(slot.revision()).isZero());
    }

    @Test
    void aRollBackInTheMiddleReplacesOnlyWhatWasUpgraded() {
        CoreStory story = CoreStory.of(spec);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");
        PoolSpec good = pool();
        upgrades(story, "/opt/new");
        String upgraded = story.makeReady("default-2", "n1:1");
        String gone = story.state("default-0") == SlotState.DRAINING ? first : second;
        String stays = gone.equals(first) ? second : first;

        becomes(story, good.withRollout(new RolloutOrder(good.revision(), "back from it", false, 1, null)));
        story.passes(MOMENT);

        assertThat(story.server(gone).state()).as("drained for nothing").isEqualTo(ServerState.READY);
        assertThat(story.server(upgraded).state()).isEqualTo(ServerState.DRAINING);
        ends(story, upgraded);
        assertThat(List.of(story.server(gone).state(), story.server(stays).state()))
                .containsOnly(ServerState.READY);
        assertThat(rollout(story).state()).isEqualTo(RolloutState.DONE);
        assertThat(rollout(story).revision()).isZero();
        assertThat(story.outlook().image().slots()).hasSize(2);
    }

    @Test
    void anUpgradeThatMakesNoProgressIsRolledBack() {
        CoreStory story = CoreStory.of(spec);
        story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        upgrades(story, "/opt/new");

        story.passes(Duration.ofMinutes(20));

        assertThat(rollout(story).state()).isEqualTo(RolloutState.ROLLED_BACK);
        assertThat(rollout(story).message()).contains("sparkconnect.rollout.progress.timeout", "waits for a container");
        assertThat(story.outlook().image().slots()).containsOnlyKeys("default-0", "default-1");
    }

    @Test
    void aNewConfigurationGivesFailingServersTheirChanceAtOnce() {
        CoreStory story = CoreStory.of(Specs.servers(1, 1));
        spec = Specs.servers(1, 1);
        for (int failure = 0; failure < 8; failure++) {
            String container = story.allocate("default-0", "n1:1");
            story.happens(new Event.Started(container)).completes(container, 1);
            if (failure < 7) {
                story.passes(Duration.ofMinutes(5));
            }
        }
        assertThat(story.state("default-0")).isEqualTo(SlotState.BACKOFF);

        upgrades(story, "/opt/mended");

        String container = story.allocate("default-0", "n1:1");
        assertThat(container).isNotEmpty();
        assertThat(story.took(Action.LaunchServer.class))
                .last()
                .satisfies(launch -> assertThat(launch.pool().sparkHome()).isEqualTo("/opt/mended"));
    }

    @Test
    void aCrashLoopOfManyServersIsCappedPerMinute() {
        spec = Specs.servers(10, 1);
        CoreStory story = CoreStory.of(spec);
        for (int slot = 0; slot < 10; slot++) {
            String container = story.allocate("default-" + slot, "n1:1");
            story.happens(new Event.Started(container)).completes(container, 1);
        }
        story.forget();
        for (int second = 0; second < 59; second++) {
            story.passes(Duration.ofSeconds(1));
            for (int slot = 0; slot < 10; slot++) {
                if (story.state("default-" + slot) == SlotState.REQUESTED) {
                    String container = story.allocate("default-" + slot, "n1:1");
                    story.happens(new Event.Started(container)).completes(container, 1);
                }
            }
        }

        assertThat(story.done(Action.AskContainer.class)).hasSize(10);
        assertThat(story.outlook().live().message())
                .contains("too many servers of its pool failed", "sparkconnect.server.crash.launches.per.minute: 10");
    }

    // --- what operators do ---

    private void changes(CoreStory story, UnaryOperator<Orders> change) {
        spec = spec.withOrders(change.apply(spec.ordersOrNone())).next(0, "ann", "a change");
        story.happens(new Event.SpecChanged(spec, Specs.POLICY));
    }

    private void rollsOut(CoreStory story, String what, boolean atOnce, int maxSurge) {
        PoolSpec pool = pool();
        becomes(story, pool.withRollout(new RolloutOrder(spec.generation() + 1, what, atOnce, maxSurge, null)));
    }

    private void upgrades(CoreStory story, String sparkHome) {
        PoolSpec pool = pool();
        PoolSpec upgraded = pool.toBuilder()
                .spark(sparkHome, null)
                .rollout(new RolloutOrder(spec.generation() + 1, "Spark home " + sparkHome, false, 1, pool))
                .build();
        becomes(story, upgraded);
    }

    private void becomes(CoreStory story, PoolSpec pool) {
        spec = spec.withPool(pool).next(0, "ann", "a rollout");
        story.happens(new Event.SpecChanged(spec, Specs.POLICY));
    }

    private PoolSpec pool() {
        return Objects.requireNonNull(spec.pools().get("default"));
    }

    /** An empty draining server is told to stop, and does. */
    private static void ends(CoreStory story, String container) {
        story.passes(MOMENT).poll(container, 0);
        assertThat(story.death(container).cause()).isEqualTo(DeathCause.STOPPED_BY_OPERATOR);
        story.completes(container, 0);
    }

    /** The one slot that asks for a container. */
    private static String requested(CoreStory story) {
        return story.outlook().image().slots().values().stream()
                .filter(slot -> slot.state() == SlotState.REQUESTED)
                .map(SlotRecord::slot)
                .findFirst()
                .orElseThrow();
    }

    private static RolloutStatus rollout(CoreStory story) {
        return Objects.requireNonNull(
                Objects.requireNonNull(story.outlook().live().pools().get("default"))
                        .rollout());
    }

    private static ContainerGrant grant(String container, String node) {
        return new ContainerGrant(container, 0, node, "n:8042");
    }
}
