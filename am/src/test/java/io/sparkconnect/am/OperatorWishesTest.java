/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher's commands write into the spec, brought about by the real ApplicationMaster in a real YARN. */
class OperatorWishesTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    /** Exit status of a JVM that SIGTERM has ended; a container that we kill, or give back, has another. */
    private static final int SIGTERM = 143;

    @TempDir
    Path work;

    @Test
    void drainsAServerInPeaceAndRollsTheOthersOver() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "wishes", 2)) {
            Set<String> before = service.awaitReady(2);
            String busy = before.iterator().next();
            Files.writeString(service.servers().resolve(busy + ".sessions"), "2");

            service.change(spec -> spec.withOrders(
                            spec.ordersOrNone().drainServer(busy, new DrainOrder(0, 3_600_000, "ann")))
                    .next(0, "ann", "drain"));

            await().until(() -> service.ready().size() == 2 && !service.ready().contains(busy));
            assertThat(service.status().slots())
                    .filteredOn(slot -> busy.equals(slot.serverId()))
                    .singleElement()
                    .satisfies(slot -> assertThat(slot.state()).isEqualTo(SlotState.DRAINING));
            service.killApplicationMaster();
            await().until(() -> service.status().attempt() == 2);
            assertThat(service.ready()).doesNotContain(busy);
            Files.writeString(service.servers().resolve(busy + ".sessions"), "0");
            await().until(() -> service.deaths().stream()
                    .anyMatch(
                            death -> death.serverId().equals(busy) && death.cause() == DeathCause.STOPPED_BY_OPERATOR));

            Set<String> old = service.awaitReady(2);
            service.change(spec -> {
                PoolSpec pool = Objects.requireNonNull(spec.pools().get("default"));
                RolloutOrder restart = new RolloutOrder(spec.generation() + 1, "restart", false, 1, null);
                return spec.withPool(pool.withRollout(restart)).next(0, "ann", "restart");
            });

            await().until(() -> {
                RolloutStatus rollout = rollout(service);
                return rollout != null && rollout.state() == RolloutState.DONE;
            });
            assertThat(service.awaitReady(2)).doesNotContainAnyElementsOf(old);
        }
    }

    /** Else its executors would learn of its end by its silence. */
    @Test
    void aServerWhoseAgentDoesNotTakeTheStopGetsASignalBeforeItIsKilled() throws Exception {
        LaunchOptions options = LaunchOptions.of(1).with("sparkconnect.server.stop.grace", "1m");
        try (LaunchedService service = CLUSTER.launch(work, "mute", options)) {
            String mute = service.awaitReady(1).iterator().next();
            Files.createFile(service.servers().resolve("mute-stop"));
            // Nobody polls it any more: it would join again, be told that it is not wanted, and end by itself.
            Files.createFile(service.servers().resolve("hold-join"));

            service.change(spec -> spec.withOrders(spec.ordersOrNone().drainServer(mute, new DrainOrder(0, 0, "ann")))
                    .next(0, "ann", "drain"));

            await().untilAsserted(() -> assertThat(service.deaths())
                    .filteredOn(death -> death.serverId().equals(mute))
                    .singleElement()
                    .satisfies(death -> assertThat(death.exitStatus()).isEqualTo(SIGTERM)));
        }
    }

    @Test
    void rollsBackAnUpgradeToASparkThatDoesNotStart() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "broken-upgrade", 1)) {
            Set<String> good = service.awaitReady(1);

            service.change(spec -> {
                PoolSpec pool = Objects.requireNonNull(spec.pools().get("default"));
                return spec.withPool(withSparkHome(pool, "/no/such/spark")
                                .withRollout(new RolloutOrder(spec.generation() + 1, "upgrade", false, 1, pool)))
                        .next(0, "ann", "upgrade");
            });

            await().until(() -> {
                RolloutStatus rollout = rollout(service);
                return rollout != null && rollout.state() == RolloutState.ROLLED_BACK;
            });
            assertThat(Objects.requireNonNull(rollout(service)).message()).contains("3 new servers failed");
            assertThat(service.ready()).isEqualTo(good);
        }
    }

    /** Neither its maximum nor the queue has room for one more, and the servers have sessions. */
    @Test
    void aFullPoolInAFullQueueIsRolledOver() throws Exception {
        LaunchOptions options = LaunchOptions.of(2).withContainerMiB(1280).with("sparkconnect.drain.timeout", "3s");
        try (LaunchedService service = CLUSTER.launch(work, "full", options)) {
            Set<String> old = service.awaitReady(2);
            for (String server : old) {
                Files.writeString(service.servers().resolve(server + ".sessions"), "2");
            }
            await().until(() -> service.status().slots().stream().allMatch(slot -> slot.sessions() == 2));

            service.change(spec -> {
                PoolSpec pool = Objects.requireNonNull(spec.pools().get("default"));
                RolloutOrder restart = new RolloutOrder(spec.generation() + 1, "restart", false, 1, null);
                return spec.withPool(pool.withServers(2, 2).withRollout(restart))
                        .next(0, "ann", "restart");
            });

            await().until(() -> {
                assertThat(service.ready()).as("servers that take sessions").hasSizeLessThanOrEqualTo(2);
                RolloutStatus rollout = rollout(service);
                return rollout != null && rollout.state() == RolloutState.DONE;
            });
            assertThat(service.awaitReady(2)).doesNotContainAnyElementsOf(old);
        }
    }

    private static @Nullable RolloutStatus rollout(LaunchedService service) throws Exception {
        return Objects.requireNonNull(service.status().pools().get("default")).rollout();
    }

    private static PoolSpec withSparkHome(PoolSpec pool, String sparkHome) {
        return pool.toBuilder().spark(sparkHome, null).rollout(null).build();
    }
}
