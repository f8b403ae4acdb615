/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.SlotState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrainCommandTest {
    private static final PoolStatus TWO = new PoolStatus(2, 2, 0, 0, 6, 0, null);

    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
        user.says(
                5,
                TWO,
                CommandLineFixture.slotOn("default-0", SlotState.READY, "node-1:1"),
                CommandLineFixture.slotOn("default-1", SlotState.READY, "node-2:1"));
    }

    @Test
    void ordersTheServerInASlotByItsContainer() {
        int exit = user.run("drain", "default-0", "--within", "10m");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(orders().drainedServers())
                .hasEntrySatisfying(
                        "container_default-0",
                        order -> assertThat(order.withinMs()).isEqualTo(600_000));
        assertThat(user.data()).contains("drain server default-0 (container_default-0) with 3 sessions within 10m0s");
    }

    @Test
    void takesTheServicesOwnDrainTimeout() {
        user.registry.spec =
                Objects.requireNonNull(user.registry.spec).withSettings(Map.of("sparkconnect.drain.timeout", "7m"));

        user.run("drain", "container_default-1");

        assertThat(orders().drainedServers().get("container_default-1"))
                .extracting(DrainOrder::withinMs)
                .isEqualTo(420_000L);
    }

    @Test
    void saysAtOnceThatSomebodyElseUndrainedWhatItWaitsFor() {
        user.meanwhile(() -> user.run("undrain", "default-0"));

        int exit = user.run("drain", "default-0", "--wait");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk())
                .contains("what generation 6 wished is not wished any more, by generation 7 (")
                .contains("undrain server default-0");
    }

    @Test
    void ordersANodeByItsHost() {
        int exit = user.run("drain", "node-2");

        assertThat(exit).isZero();
        assertThat(orders().drainedNodes()).containsOnlyKeys("node-2:1");
        assertThat(user.data()).contains("drain node node-2:1 with 1 server and 3 sessions");
    }

    @Test
    void repeatedItKeepsItsDeadlineUnlessAnotherIsGiven() {
        user.run("drain", "default-0", "--within", "10m");
        user.run("drain", "default-0");
        assertThat(user.data()).contains("nothing to do");
        assertThat(generation()).isEqualTo(6);

        user.run("drain", "default-0", "--now");

        assertThat(generation()).isEqualTo(7);
        assertThat(orders().drainedServers().get("container_default-0"))
                .extracting(DrainOrder::withinMs)
                .isEqualTo(0L);
    }

    @Test
    void namesTheNearestForEachMistypedName() {
        int exit = user.run("drain", "defalt-0", "nod-2");

        assertThat(exit).isEqualTo(3);
        assertThat(user.talk())
                .contains("error: no server or node defalt-0 (did you mean default-0?")
                .contains("error: no server or node nod-2 (did you mean node-2?");
        assertThat(generation()).isEqualTo(5);
    }

    @Test
    void warnsThatNobodyIsLeft() {
        user.run("drain", "default-0", "default-1", "--dry-run");
        user.run("drain", "node-1", "node-2", "--dry-run");

        assertThat(user.talk())
                .contains("warning: no ready server of pool default is left")
                .contains("warning: every node of the cluster is drained then");
        assertThat(generation()).isEqualTo(5);
    }

    @Test
    void worksWithoutTheResourceManager() {
        user.yarn.away = "the ResourceManager cannot be reached";

        assertThat(user.run("drain", "node-1")).isZero();
        assertThat(user.talk()).contains("warning: only nodes with servers of this service are known");
    }

    @Test
    void waitsUntilTheServerIsGone() {
        user.meanwhile(() -> user.says(
                        6,
                        TWO,
                        CommandLineFixture.slot("default-0", SlotState.DRAINING),
                        CommandLineFixture.slot("default-1", SlotState.READY)))
                .meanwhile(() -> user.says(
                        6,
                        TWO,
                        CommandLineFixture.slot("default-1", SlotState.READY),
                        CommandLineFixture.slot("default-2", SlotState.READY)));

        int exit = user.run("drain", "default-0", "--wait");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.talk()).contains("waits for 3 sessions on default-0 (DRAINING)");
        assertThat(user.data()).contains("drained");
    }

    @Test
    void forgetsOrdersAboutServersThatAreGone() {
        user.run("drain", "default-0");
        user.says(6, TWO, CommandLineFixture.slot("default-1", SlotState.READY));

        user.run("drain", "default-1");

        assertThat(orders().drainedServers()).containsOnlyKeys("container_default-1");
    }

    @Test
    void undrainTakesItBack() {
        user.run("drain", "default-0", "node-2");

        int exit = user.run("undrain", "node-2");
        user.run("undrain", "--all");

        assertThat(exit).isZero();
        assertThat(orders().drainedNodes()).isEmpty();
        assertThat(orders().drainedServers()).isEmpty();
        assertThat(user.data()).contains("undrain node node-2:1", "undrain server default-0 (container_default-0)");
        assertThat(user.run("undrain", "default-0")).isZero();
        assertThat(user.data()).contains("nothing to do");
    }

    @Test
    void undrainSaysThatItIsTooLate() {
        user.run("drain", "default-0");
        user.says(6, TWO, CommandLineFixture.slot("default-0", SlotState.STOPPING));

        user.run("undrain", "default-0");

        assertThat(user.talk()).contains("is being stopped already: it will not come back");
    }

    @Test
    void refusesContradictions() {
        assertThat(user.run("drain")).isEqualTo(2);
        assertThat(user.run("drain", "default-0", "--now", "--within", "1m")).isEqualTo(2);
        assertThat(user.run("undrain")).isEqualTo(2);
        assertThat(user.run("undrain", "default-0", "--all")).isEqualTo(2);
    }

    private Orders orders() {
        return Objects.requireNonNull(user.registry.spec).ordersOrNone();
    }

    private long generation() {
        return Objects.requireNonNull(user.registry.spec).generation();
    }
}
