/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Drains that operators ask for, of servers and of nodes. */
class DrainStoryTest {
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

        story.poll(drained, 0).passes(Specs.PROXIES_SEE_WITHIN).poll(drained, 0);

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

    private void changes(CoreStory story, UnaryOperator<Orders> change) {
        spec = spec.withOrders(change.apply(spec.ordersOrNone())).next(0, "ann", "a change");
        story.happens(new Event.SpecChanged(spec, Specs.POLICY));
    }

    private static ContainerGrant grant(String container, String node) {
        return new ContainerGrant(container, 0, node, "n:8042");
    }
}
