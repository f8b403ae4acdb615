/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DrainOrder;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rolling restarts, upgrades and their way back. */
class RolloutStoryTest {
    private static final Duration MOMENT = Duration.ofSeconds(2);

    private ServiceSpec spec = Specs.servers(2, 1);

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
    void aRolloutOfAFullPoolStaysWithinItsMaximumAndGoesOn() {
        full();
        CoreStory story = CoreStory.of(spec);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");
        story.poll(first, 1).poll(second, 2).forget();

        rollsOut(story, "restart", false, 3);

        assertThat(story.server(first).state()).as("the emptiest goes first").isEqualTo(ServerState.DRAINING);
        assertThat(takingSessions(story)).isEqualTo(2);
        assertThat(story.decisions())
                .anySatisfy(text -> assertThat(text).contains("sparkconnect.servers.max leaves no room"));
        // YARN has no room for one more: the server that drains makes it, when its sessions end or their time does.
        story.passes(Specs.POLICY.drainTimeout());
        assertThat(story.state("default-0")).isEqualTo(SlotState.STOPPING);
        story.completes(first, 0);
        story.makeReady("default-2", "n1:1");
        assertThat(story.server(second).state()).isEqualTo(ServerState.DRAINING);
        assertThat(takingSessions(story)).isEqualTo(2);
        story.makeReady(requested(story), "n1:1");
        ends(story, second);

        assertThat(rollout(story).state()).isEqualTo(RolloutState.DONE);
        assertThat(story.outlook().image().servers()).hasSize(2);
    }

    @Test
    void aSurgeIsCutToWhatTheMaximumLeaves() {
        spec = Specs.servers(2, 1);
        spec = spec.withPool(pool().withServers(2, 3));
        CoreStory story = CoreStory.of(spec);
        story.makeReady("default-0", "n1:1");
        story.makeReady("default-1", "n2:1");
        story.forget();

        rollsOut(story, "restart", false, 5);

        assertThat(story.took(Action.AskContainer.class)).hasSize(1);
        assertThat(List.of(story.state("default-0"), story.state("default-1"))).containsOnly(SlotState.READY);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void aServerThatAnOperatorDrainsForDaysHoldsUpNoRollout(int most) {
        spec = spec.withPool(pool().withServers(2, most));
        CoreStory story = CoreStory.of(spec);
        String drained = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");
        story.poll(drained, 1);
        DrainOrder patient = new DrainOrder(0, Duration.ofDays(7).toMillis(), "ann");
        spec = spec.withOrders(spec.ordersOrNone().drainServer(drained, patient))
                .next(0, "ann", "drain");
        story.happens(new Event.SpecChanged(spec, Specs.POLICY));
        String third = story.makeReady("default-2", "n1:1");

        rollsOut(story, "restart", false, 1);
        for (int replaced = 0; replaced < 2; replaced++) {
            // By then any node will do.
            story.passes(Specs.POLICY.spreadFor()).makeReady(requested(story), "n1:1");
            story.passes(Specs.PROXIES_SEE_WITHIN)
                    .poll(second, 0)
                    .poll(third, 0)
                    .passes(Specs.PROXIES_SEE_WITHIN)
                    .poll(second, 0)
                    .poll(third, 0);
            for (String gone : List.of(second, third)) {
                if (story.outlook().image().deaths().containsKey(gone)) {
                    story.completes(gone, 0);
                }
            }
        }

        assertThat(story.outlook().image().servers()).doesNotContainKeys(second, third);
        assertThat(story.server(drained).state()).as("its session goes on").isEqualTo(ServerState.DRAINING);
    }

    @Test
    void waitingForADrainingServersRoomIsNoLackOfProgress() {
        full();
        CoreStory story = CoreStory.of(spec);
        String first = story.makeReady("default-0", "n1:1");
        String second = story.makeReady("default-1", "n2:1");
        story.poll(first, 1).poll(second, 2);
        Policy patient = withDrainTimeout(Duration.ofHours(2));
        rollsOut(story, "restart", false, 1);
        story.happens(new Event.SpecChanged(spec, patient));

        for (int minute = 0; minute < 119; minute++) {
            story.passes(Duration.ofMinutes(1));
        }
        assertThat(story.state("default-0")).isEqualTo(SlotState.DRAINING);
        assertThat(rollout(story).state()).isEqualTo(RolloutState.RUNNING);
        story.passes(Duration.ofMinutes(1)).completes(first, 0);

        story.makeReady(requested(story), "n1:1");
        assertThat(story.server(second).state()).isEqualTo(ServerState.DRAINING);
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

    /** The pool has as many servers as it may have. */
    private void full() {
        spec = spec.withPool(pool().withServers(2, 2));
    }

    private static long takingSessions(CoreStory story) {
        return story.outlook().image().slots().values().stream()
                .filter(slot -> slot.state() != SlotState.DRAINING && slot.state() != SlotState.STOPPING)
                .count();
    }

    private static Policy withDrainTimeout(Duration drain) {
        Policy usual = Specs.POLICY;
        return new Policy(
                usual.readyTimeout(),
                usual.launchTimeout(),
                usual.healthInterval(),
                usual.healthFailures(),
                usual.backoffInitial(),
                usual.backoffMax(),
                usual.stableAfter(),
                usual.stopGrace(),
                drain,
                usual.deathsKeep(),
                usual.spreadFor(),
                usual.askAgainAfter(),
                usual.lateContainers(),
                usual.goneAfter(),
                usual.reapFor(),
                usual.rollouts(),
                usual.masterMiB());
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
        story.passes(Specs.PROXIES_SEE_WITHIN).poll(container, 0);
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
