/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hours of chaos in a blink: whatever was lost or killed, calm brings exactly the wanted servers. */
class CoreSimulationTest {
    private static final int MINUTE = 60_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void convergesAfterChaosWithoutOrphans(long seed) {
        SimulatedYarn world = new SimulatedYarn(seed, Specs.servers(5, 1));

        world.run(30 * MINUTE);
        assertThat(world.attempts()).as("attempts that were killed").isGreaterThan(5);
        assertThat(world.deathsSeen()).as("servers that died").isGreaterThan(20);
        world.calmDown();
        world.run(15 * MINUTE);

        Outlook outlook = world.outlook();
        assertThat(outlook.live().state()).isEqualTo(ServiceState.READY);
        assertThat(outlook.image().slots().values())
                .hasSize(5)
                .extracting(SlotRecord::state)
                .containsOnly(SlotState.READY);
        assertThat(world.containers.keySet())
                .isEqualTo(outlook.image().servers().keySet());
        assertThat(world.asksOutstanding()).isZero();
        Set<String> tags = world.containers.values().stream()
                .map(SimulatedYarn.Container::tag)
                .collect(Collectors.toSet());
        assertThat(world.children()).isEqualTo(tags);
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28, 29, 30})
    void stopsCompletelyOutOfTheMiddleOfChaos(long seed) {
        SimulatedYarn world = new SimulatedYarn(seed, Specs.servers(5, 1));
        world.run(10 * MINUTE);

        world.become(Specs.stopped(5, 2, MINUTE));
        world.run(2 * MINUTE);
        world.calmDown();
        world.run(15 * MINUTE);

        assertThat(world.finished).isTrue();
        assertThat(world.asksOutstanding()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33, 34, 35, 36})
    void followsEachSizeThatItIsGiven(long seed) {
        SimulatedYarn world = new SimulatedYarn(seed, Specs.servers(2, 1));
        world.run(5 * MINUTE);
        world.become(Specs.servers(8, 2));
        world.run(5 * MINUTE);
        world.become(Specs.servers(1, 3));
        world.run(5 * MINUTE);
        world.become(Specs.servers(4, 4));
        world.calmDown();

        world.run(15 * MINUTE);

        assertThat(world.outlook().image().servers()).hasSize(4);
        assertThat(world.containers).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43, 44, 45, 46, 47, 48})
    void anUpgradeInTheMiddleOfChaosIsDoneForAllOrForNone(long seed) {
        ServiceSpec before = Specs.servers(5, 1);
        PoolSpec pool = Objects.requireNonNull(before.pools().get("default"));
        SimulatedYarn world = new SimulatedYarn(seed, before);
        world.run(5 * MINUTE);

        world.become(before.withPool(pool.withRollout(new RolloutOrder(2, "an upgrade", false, 1, pool)))
                .next(0, "ann", "upgrade"));
        world.run(5 * MINUTE);
        world.calmDown();
        world.run(30 * MINUTE);

        RolloutStatus rollout = Objects.requireNonNull(
                Objects.requireNonNull(world.outlook().live().pools().get("default"))
                        .rollout());
        assertThat(rollout.state()).isIn(RolloutState.DONE, RolloutState.ROLLED_BACK);
        assertThat(world.outlook().image().slots().values())
                .hasSize(5)
                .allSatisfy(slot -> assertThat(slot.state()).isEqualTo(SlotState.READY))
                .allSatisfy(
                        slot -> assertThat(slot.revision()).isEqualTo(rollout.state() == RolloutState.DONE ? 2 : 0));
        assertThat(world.containers).hasSize(5);
    }
}
