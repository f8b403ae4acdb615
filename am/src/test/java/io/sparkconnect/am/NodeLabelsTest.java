/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.ServerRecord;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.NodeId;
import org.apache.hadoop.yarn.api.records.NodeLabel;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.server.resourcemanager.nodelabels.RMNodeLabelsManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An exclusive partition, such as EMR's CORE and ON_DEMAND, on a real YARN. */
class NodeLabelsTest {
    private static final String CORE = "CORE";

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @BeforeEach
    void makeTheLabel() throws Exception {
        labels().addToCluserNodeLabels(Set.of(NodeLabel.newInstance(CORE, true)));
    }

    @AfterEach
    void takeTheLabelAway() throws Exception {
        labels().removeFromClusterNodeLabels(Set.of(CORE));
    }

    @Test
    void serversGoToNodesWithTheirPoolsLabelAndALabelThatIsNoneHurtsNobody() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "labels", LaunchOptions.of(0))) {
            await().until(() -> service.status().slots().isEmpty());
            // YARN kills what runs on a node that changes its partition, so not the ApplicationMaster's.
            NodeId core = nodeWithoutMaster(service);
            labels().replaceLabelsOnNode(Map.of(core, Set.of(CORE)));

            service.changePool(
                    pool -> pool.toBuilder().servers(2, 10).nodeLabel(CORE).build());

            service.awaitReady(2);
            assertThat(service.published().values())
                    .extracting(ServerRecord::node)
                    .containsOnly(core.toString());

            service.changePool(
                    pool -> pool.toBuilder().servers(3, 10).nodeLabel("CORRE").build());

            await().untilAsserted(() -> assertThat(service.status().message())
                    .contains(
                            "node label CORRE (sparkconnect.server.node.label) is none that queue sparkconnect may use"
                                    + " (it may use: CORE)"));
            assertThat(service.ready()).hasSize(2);

            service.changePool(
                    pool -> pool.toBuilder().servers(3, 10).nodeLabel(CORE).build());

            service.awaitReady(3);
            assertThat(service.status().attempt()).isEqualTo(1);
        }
    }

    private static NodeId nodeWithoutMaster(LaunchedService service) throws Exception {
        NodeId master = service.yarn()
                .getContainerReport(service.yarn()
                        .getApplicationAttemptReport(service.report().getCurrentApplicationAttemptId())
                        .getAMContainerId())
                .getAssignedNode();
        return service.yarn().getNodeReports(NodeState.RUNNING).stream()
                .map(NodeReport::getNodeId)
                .filter(node -> !node.equals(master))
                .findFirst()
                .orElseThrow();
    }

    private static RMNodeLabelsManager labels() {
        return CLUSTER.yarn().resourceManager().getRMContext().getNodeLabelManager();
    }
}
