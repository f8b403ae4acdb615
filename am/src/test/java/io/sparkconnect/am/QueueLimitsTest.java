/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.OwnPages;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An operator changes a queue's limits and refreshes the queues of a real ResourceManager, while a service runs. */
class QueueLimitsTest {
    private static final String USER_LIMIT_FACTOR = "yarn.scheduler.capacity.root.sparkconnect.user-limit-factor";

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @AfterEach
    void refresh() throws Exception {
        CLUSTER.yarn().refreshQueues(conf -> {});
    }

    @Test
    void theServiceFollowsTheUserLimitOfItsQueue() throws Exception {
        try (OwnPages unused = new OwnPages(CLUSTER.yarn().resourceManager());
                LaunchedService service = CLUSTER.launch(work, "limits", 1)) {
            Set<String> first = service.awaitReady(1);

            // A fifth of 2457 MiB, which the ApplicationMaster alone is above.
            CLUSTER.yarn().refreshQueues(conf -> conf.set(USER_LIMIT_FACTOR, "0.2"));
            await().untilAsserted(() -> assertThat(service.status().decisions())
                    .extracting(Decision::text)
                    .contains("queue sparkconnect: its user-limit-factor is 0.2 now, no more 2.0"));
            service.changePool(pool -> LaunchedService.withServers(pool, 2));
            await().until(() -> service.slots().values().stream()
                    .anyMatch(slot -> slot.state() == SlotState.REQUESTED
                            && requireNonNull(slot.reason())
                                    .endsWith("one user may hold 491 MiB of queue sparkconnect: raise its"
                                            + " user-limit-factor")));

            CLUSTER.yarn().refreshQueues(conf -> conf.set(USER_LIMIT_FACTOR, "1.5"));

            assertThat(awaitRest(service, 2)).containsAll(first);
            assertThat(service.status().attempt()).isEqualTo(1);
        }
    }
}
