/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.HighlyAvailableYarn;
import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.ServedStream;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Path;
import java.util.Set;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The ResourceManager restarts, is away, and hands over to the other one. */
class ResourceManagerFaultsTest {
    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @AfterEach
    void leaveTheFirstOneActive() throws Exception {
        HighlyAvailableYarn.deactivate(yarn(), 1);
        HighlyAvailableYarn.activate(yarn(), 0);
    }

    /** Of an ask that YARN has answered the next ResourceManager must not hear, and of one that it has not it must. */
    @Test
    void anAskThatWaitsThroughARestartIsAnsweredOnce() throws Exception {
        try (LaunchedService service =
                CLUSTER.launch(work, "waiting", LaunchOptions.of(2).withContainerMiB(1024))) {
            Set<String> before = awaitRest(service, 2);
            service.changePool(pool -> LaunchedService.withServers(pool, 3));
            // The queue has room for two.
            await().until(() -> pendingContainers() == 1);

            yarn().restartResourceManager(0);
            HighlyAvailableYarn.activate(yarn(), 0);

            await().until(() -> pendingContainers() == 1);
            assertThat(service.ready()).isEqualTo(before);
            assertThat(service.slots().values())
                    .extracting(slot -> slot.state())
                    .containsOnlyOnce(SlotState.REQUESTED);
            CLUSTER.yarn()
                    .refreshQueues(
                            conf -> conf.set("yarn.scheduler.capacity.root.sparkconnect.maximum-capacity", "60"));
            try {
                assertThat(awaitRest(service, 3)).containsAll(before);
                await().until(() -> pendingContainers() == 0);
                assertThat(CLUSTER.yarn()
                                .asksThatTheSchedulerKeeps(service.report().getCurrentApplicationAttemptId()))
                        .isZero();
                assertThat(service.status().attempt()).isEqualTo(1);
            } finally {
                CLUSTER.yarn().refreshQueues(conf -> {});
            }
        }
    }

    private static int pendingContainers() {
        return CLUSTER.yarn().scheduler().getQueue("sparkconnect").getMetrics().getPendingContainers();
    }

    private static MiniYARNCluster yarn() {
        return CLUSTER.yarn().cluster();
    }

    @Test
    void aRestartAnAbsenceAndAFailoverOfTheResourceManagerCostNoServer() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "ha", 2)) {
            Set<String> before = awaitRest(service, 2);
            String kept = before.iterator().next();
            try (ServedStream stream =
                    ServedStream.to(requireNonNull(service.published().get(kept)))) {
                yarn().restartResourceManager(0);
                HighlyAvailableYarn.activate(yarn(), 0);
                assertThat(awaitRest(service, 2)).as("after a restart").isEqualTo(before);

                // The AM has to log in again at the other one: with the token that it was given meanwhile.
                HighlyAvailableYarn.rollOverTokens(yarn(), 0, service.application());
                HighlyAvailableYarn.deactivate(yarn(), 0);
                HighlyAvailableYarn.activate(yarn(), 1);
                assertThat(awaitRest(service, 2)).as("after a failover").isEqualTo(before);

                // While nobody is active a server dies: that is seen by the AM's own probes, and replaced later.
                HighlyAvailableYarn.deactivate(yarn(), 1);
                String victim = before.stream()
                        .filter(id -> !id.equals(kept))
                        .findFirst()
                        .orElseThrow();
                service.killServer(victim);
                await().until(() -> !service.published().containsKey(victim));
                assertThat(service.slots().values())
                        .extracting(slot -> slot.state())
                        .containsOnlyOnce(SlotState.READY);
                HighlyAvailableYarn.activate(yarn(), 0);

                assertThat(awaitRest(service, 2)).contains(kept).doesNotContain(victim);
                assertThat(service.deaths())
                        .extracting(DeathCertificate::cause)
                        .containsAnyOf(DeathCause.UNRESPONSIVE, DeathCause.KILLED);
                assertThat(stream.isServed()).isTrue();
                assertThat(service.status().attempt()).isEqualTo(1);
            }
        }
    }
}
