/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.ServerRecord;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.resourcemanager.scheduler.QueueMetrics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Servers on the two nodes of a real YARN, whose placement constraints are on, off, and not as a node says. */
class PlacementConstraintsTest {
    private static final String SPREAD = "sparkconnect.placement.spread";

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @AfterEach
    void disableConstraints() throws Exception {
        CLUSTER.yarn().handlePlacementConstraints("disabled");
    }

    @Test
    void yarnKeepsServersEvenlySpreadThroughDeathsNewAttemptsAndAFullQueue() throws Exception {
        CLUSTER.yarn().handlePlacementConstraints("scheduler");
        try (LaunchedService service = CLUSTER.launch(work, "constraints", 5)) {
            service.awaitReady(5);
            assertThat(service.status().spreading())
                    .isEqualTo("spread over nodes by placement constraints:"
                            + " yarn.resourcemanager.placement-constraints.handler is scheduler");
            assertThat(perNode(service)).containsExactlyInAnyOrder(2L, 3L);
            assertThat(tagged(service)).containsExactlyInAnyOrder(2L, 3L);
            assertThat(queue().getPendingMB()).isZero();
            assertThat(queue().getPendingContainers()).isZero();

            String victim = service.ready().iterator().next();
            service.killServer(victim);
            await().until(() -> !service.deaths().isEmpty());
            assertThat(service.awaitReady(5)).doesNotContain(victim);
            assertThat(perNode(service)).containsExactlyInAnyOrder(2L, 3L);

            Set<String> before = service.ready();
            service.killApplicationMaster();
            await().until(() -> service.status().attempt() == 2);
            assertThat(service.awaitReady(5)).isEqualTo(before);
            service.changePool(pool -> pool.toBuilder().servers(8, 14).build());
            assertThat(service.awaitReady(8)).containsAll(before);
            assertThat(perNode(service)).containsExactly(4L, 4L);
            await().untilAsserted(() -> assertThat(tagged(service)).containsExactly(4L, 4L));

            // The queue has room for ten, and says that it wants more.
            service.changePool(pool -> pool.toBuilder().servers(12, 14).build());
            await().until(() -> service.ready().size() == 10);
            await().until(() -> queue().getPendingContainers() == 2 && queue().getPendingMB() == 512);
            // Which two of the four asks get the room is YARN's choice; later ones may go to a fuller node.
            assertThat(perNode(service)).allMatch(servers -> servers >= 4 && servers <= 6);
            service.changePool(pool -> pool.toBuilder().servers(10, 14).build());
            service.awaitReady(10);
            await().until(() -> queue().getPendingContainers() == 0 && queue().getPendingMB() == 0);
            assertThat(asksThatTheSchedulerKeeps(service)).isZero();
            assertThat(service.deaths()).hasSize(1);
        }
    }

    /** The other node has few servers, and nothing to give. */
    @Test
    void noServerWaitsLongForANodeThatCannotHaveIt() throws Exception {
        CLUSTER.yarn().handlePlacementConstraints("scheduler");
        try (LaunchedService service = CLUSTER.launch(work, "soft", LaunchOptions.of(0))) {
            await().until(() -> service.status().slots().isEmpty());
            String only = CLUSTER.yarn().nodes().get(0);
            String full = CLUSTER.yarn().nodes().get(1);
            CLUSTER.yarn().fill(full);
            try {
                service.changePool(pool -> pool.toBuilder().servers(3, 10).build());

                service.awaitReady(3);

                assertThat(service.published().values())
                        .extracting(ServerRecord::node)
                        .containsOnly(only);
                assertThat(service.status().attempt()).isEqualTo(1);
            } finally {
                CLUSTER.yarn().empty(full);
            }
        }
    }

    @Test
    void theBlacklistSpreadsServersWhereConstraintsAreDisabledWhateverIsWished() throws Exception {
        for (Map.Entry<String, String> expected : Map.of(
                        "auto",
                        "spread over nodes by blacklist: yarn.resourcemanager.placement-constraints.handler is disabled",
                        "constraints",
                        "spread over nodes by blacklist: sparkconnect.placement.spread is constraints and cannot be"
                                + " followed: yarn.resourcemanager.placement-constraints.handler is disabled")
                .entrySet()) {
            String wish = expected.getKey();
            LaunchOptions options = LaunchOptions.of(4).with(SPREAD, wish);
            try (LaunchedService service = CLUSTER.launch(work.resolve(wish), "wish-" + wish, options)) {
                service.awaitReady(4);

                assertThat(service.status().spreading()).isEqualTo(expected.getValue());
                assertThat(perNode(service)).containsExactly(2L, 2L);
                assertThat(tagged(service)).isEmpty();
                assertThat(service.status().attempt()).isEqualTo(1);
            }
        }
    }

    /** The ApplicationMaster's node has a file that is not the ResourceManager's, and cannot reach its page. */
    @Test
    void plainAsksAreMadeWhereTheResourceManagerDoesNotTell() throws Exception {
        YarnConfiguration stale = CLUSTER.yarn().conf();
        stale.set(YarnConfiguration.RM_PLACEMENT_CONSTRAINTS_HANDLER, "scheduler");
        for (String id : List.of("rm0", "rm1")) {
            stale.set(YarnConfiguration.RM_WEBAPP_ADDRESS + "." + id, "localhost:1");
        }
        Path site = Files.createDirectories(work.resolve("stale"));
        try (OutputStream out = Files.newOutputStream(site.resolve("yarn-site.xml"))) {
            stale.writeXml(out);
        }
        LaunchOptions options = LaunchOptions.of(2).withMasterPrefix("env CLASSPATH=" + site + ":$CLASSPATH");

        try (LaunchedService service = CLUSTER.launch(work, "stale", options)) {
            service.awaitReady(2);

            assertThat(service.status().spreading())
                    .isEqualTo("spread over nodes by blacklist: no ResourceManager's page tells"
                            + " yarn.resourcemanager.placement-constraints.handler");
            assertThat(perNode(service)).containsExactly(1L, 1L);
            assertThat(service.status().attempt()).isEqualTo(1);
        }
    }

    private static Collection<Long> perNode(LaunchedService service) throws Exception {
        return service.published().values().stream()
                .collect(Collectors.groupingBy(ServerRecord::node, TreeMap::new, Collectors.counting()))
                .values();
    }

    /** The service's containers by node, as YARN counts them for constraints. */
    private static List<Long> tagged(LaunchedService service) {
        var tags = CLUSTER.yarn().resourceManager().getRMContext().getAllocationTagsManager();
        return CLUSTER.yarn().nodes().stream()
                .map(node -> tags.getAllocationTagsWithCount(NodeId.fromString(node)))
                .filter(counts -> counts != null && counts.containsKey(LaunchContract.serviceTag(service.name())))
                .map(counts -> counts.get(LaunchContract.serviceTag(service.name())))
                .toList();
    }

    private static int asksThatTheSchedulerKeeps(LaunchedService service) throws Exception {
        return CLUSTER.yarn().asksThatTheSchedulerKeeps(service.report().getCurrentApplicationAttemptId());
    }

    private static QueueMetrics queue() {
        return CLUSTER.yarn().scheduler().getQueue("sparkconnect").getMetrics();
    }
}
