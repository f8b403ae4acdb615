/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.ExcludeFile;
import io.sparkconnect.am.fixture.GreedyApplication;
import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.SeparateNodeManager;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The largest node leaves while an ask waits that only it could answer: YARN's maximum falls below that ask. */
class ShrinkingClusterTest {
    /** A loopback address: YARN excludes by host, and all other nodes are {@code localhost}. */
    private static final String HOST = "127.0.0.4";

    private static final int BIG_NODE_MIB = 8192;
    private static final int TAKEN_BY_OTHERS_MIB = 6144;
    private static final int LARGE_MIB = 5120;

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @AfterEach
    void disableConstraints() throws Exception {
        CLUSTER.yarn().handlePlacementConstraints("disabled");
    }

    /** @param handler of placement constraints: asks that carry one are withdrawn in another way */
    @ParameterizedTest
    @ValueSource(strings = {"disabled", "scheduler"})
    void theAskIsWithdrawnWithItsReasonAndMadeAgainWhenALargeNodeComes(String handler) throws Exception {
        CLUSTER.yarn().handlePlacementConstraints(handler);
        try (LaunchedService service = CLUSTER.launch(work, "shrink-" + handler, LaunchOptions.of(1))) {
            Set<String> first = service.awaitReady(1);
            try (SeparateNodeManager node =
                    SeparateNodeManager.start(CLUSTER.yarn(), "big-node-" + handler, BIG_NODE_MIB, HOST)) {
                try (GreedyApplication others = new GreedyApplication(CLUSTER.yarn(), 1, TAKEN_BY_OTHERS_MIB);
                        ExcludeFile excluded = new ExcludeFile(CLUSTER.yarn(), work)) {
                    await().until(() -> others.held() == 1);
                    addLargePool(service);
                    await().until(() -> large(service).state() == SlotState.REQUESTED && keptAsks(service) == 1);

                    // The one that waits for the large node stops no other pool's.
                    service.changePool(pool -> LaunchedService.withServers(pool, 2));
                    await().until(() -> service.ready().size() == 2);

                    excluded.exclude(HOST, Duration.ZERO);
                    await().until(() -> CLUSTER.yarn().stateOf(node.id()) == NodeState.DECOMMISSIONED);
                    await().until(() -> large(service).state() == SlotState.WANTED);
                }
                assertThat(large(service).reason())
                        .startsWith("a server needs " + LARGE_MIB + " MiB, but YARN gives at most 4096 MiB");
                assertThat(service.status().decisions())
                        .anyMatch(decision ->
                                decision.text().startsWith("pool etl: asks for no container: a server needs"));
                if (handler.equals("disabled")) {
                    await().until(() -> keptAsks(service) == 0);
                    await().until(() -> pendingMiB() == 0);
                }
                service.changePool(pool -> LaunchedService.withServers(pool, 3));
                await().until(() -> service.ready().size() == 3);
                assertThat(service.ready()).containsAll(first);

                node.kill();
                node.startAgain();
                Set<String> all = awaitRest(service, 4);

                assertThat(all).containsAll(first);
                assertThat(large(service).state()).isEqualTo(SlotState.READY);
                await().until(() -> keptAsks(service) == 0);
                await().until(() -> pendingMiB() == 0);
                assertThat(service.deaths()).isEmpty();
                assertThat(service.status().attempt()).isEqualTo(1);
                leave(service);
            }
        }
    }

    private static void addLargePool(LaunchedService service) throws Exception {
        service.change(spec -> {
            PoolSpec large = requireNonNull(spec.pools().get("default")).named("etl").toBuilder()
                    .servers(1, 1)
                    .memory(LARGE_MIB - 128, 128)
                    .build();
            return spec.withPool(large).next(0, "ann", "add pool etl");
        });
    }

    /** So that nothing runs on the large node when its NodeManager ends. */
    private static void leave(LaunchedService service) throws Exception {
        service.yarn().killApplication(service.application());
        await().until(() -> CLUSTER.yarn().scheduler().getQueue("sparkconnect").getNumApplications() == 0);
    }

    private static SlotRecord large(LaunchedService service) throws Exception {
        return requireNonNull(service.slots().get("etl-0"));
    }

    private static int keptAsks(LaunchedService service) throws Exception {
        return CLUSTER.yarn().asksThatTheSchedulerKeeps(service.report().getCurrentApplicationAttemptId());
    }

    private static long pendingMiB() {
        return CLUSTER.yarn().scheduler().getQueue("sparkconnect").getMetrics().getPendingMB();
    }
}
