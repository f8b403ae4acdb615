/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.FrontDoor;
import io.sparkconnect.am.fixture.GreedyApplication;
import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ScalingStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The scheduler's own monitor (ProportionalCapacityPreemptionPolicy) takes back what another queue is owed. */
class PreemptionTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @BeforeEach
    void takeBackWhatOtherQueuesAreOwed() throws Exception {
        CLUSTER.yarn().refreshQueues(conf -> {
            conf.setBoolean(YarnConfiguration.RM_SCHEDULER_ENABLE_MONITORS, true);
            String preemption = "yarn.resourcemanager.monitor.capacity.preemption.";
            conf.setInt(preemption + "monitoring_interval", 500);
            // Long enough for who is asked; then it takes.
            conf.setInt(preemption + "max_wait_before_kill", 60_000);
            conf.setFloat(preemption + "total_preemption_per_round", 1);
            conf.setFloat(preemption + "natural_termination_factor", 1);
            conf.setFloat(preemption + "max_ignored_over_capacity", 0);
        });
    }

    @AfterEach
    void letQueuesHaveWhatTheyHave() throws Exception {
        CLUSTER.yarn().refreshQueues(conf -> {});
    }

    /**
     * The queue is owed 2457 MiB. Beside the ApplicationMaster's 512 MiB four servers of 640 MiB are 615 MiB too many, when
     * somebody in the other queue wants 5632 MiB of its 5734: that is one server.
     */
    @Test
    void givesBackItsEmptiestServerWhenAnotherQueueIsOwedItsShareAndGrowsAgainAfterwards() throws Exception {
        try (LaunchedService service =
                        CLUSTER.launch(work, "preempted", LaunchOptions.of(1).withContainerMiB(640));
                FrontDoor door = CLUSTER.frontDoor("preempted")) {
            String oldest = service.awaitReady(1).iterator().next();
            door.holds(4);
            service.changePool(PreemptionTest::oneSessionPerServer);
            Set<String> four = service.awaitReady(4);
            Set<String> busy = new TreeSet<>(four);
            // YARN would take the youngest.
            busy.remove(oldest);
            for (String server : busy) {
                Files.writeString(service.servers().resolve(server + ".sessions"), "1");
            }
            await().until(() -> pool(service).sessions() == 3);
            door.holds(1);

            try (GreedyApplication greedy = new GreedyApplication(CLUSTER.yarn(), 22, 256)) {
                await().untilAsserted(() -> {
                    assertThat(scaling(service).limit()).isEqualTo(ScalingStatus.Limit.PREEMPTION);
                    assertThat(pool(service).desired()).isEqualTo(3);
                });
                await().until(() -> greedy.held() == 22);

                assertThat(service.ready()).isEqualTo(busy);
                assertThat(service.deaths()).singleElement().satisfies(death -> {
                    assertThat(death.serverId()).isEqualTo(oldest);
                    assertThat(death.cause()).isEqualTo(DeathCause.SCALED_IN);
                });
                assertThat(service.status().decisions())
                        .extracting(Decision::text)
                        .anyMatch(text -> text.contains("YARN wants back [")
                                && text.contains("gives up as many servers, the emptiest first"));
            }

            assertThat(awaitRest(service, 4)).containsAll(busy);
            assertThat(service.deaths()).hasSize(1);
        }
    }

    private static PoolSpec oneSessionPerServer(PoolSpec pool) {
        PoolScaling quick = new PoolScaling(0, 80, 0, 4, 0, 1, 500, 3_000, 60_000, 20_000, 0);
        return pool.toBuilder()
                .servers(1, 4)
                .sessionsPerServer(2)
                .scaling(quick)
                .build();
    }

    private static PoolStatus pool(LaunchedService service) throws Exception {
        return Objects.requireNonNull(service.status().pools().get("default"));
    }

    private static ScalingStatus scaling(LaunchedService service) throws Exception {
        return Objects.requireNonNull(pool(service).scaling());
    }
}
