/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import java.nio.file.Path;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.nodemanager.NodeManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A NodeManager comes, restarts without its state, and comes back; for one that keeps its state see {@link NodeManagerRecoveryTest}. */
class NodeManagerFaultsTest {
    private static final int LARGE_MIB = 8192;

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void serversFollowTheOnlyNodeThatIsLargeEnoughForThem() throws Exception {
        LaunchOptions options = LaunchOptions.of(1).withContainerMiB(5000);
        try (LaunchedService service = CLUSTER.launch(work, "large-node", options)) {
            await().untilAsserted(() -> assertThat(service.status().message()).contains("at most 4096"));
            NodeManager node = largeNode("first");
            String first = awaitRest(service, 1).iterator().next();

            node.stop();

            await().until(() ->
                    service.deaths().stream().anyMatch(death -> death.serverId().equals(first)));
            assertThat(service.deaths())
                    .extracting(DeathCertificate::cause)
                    .containsAnyOf(
                            DeathCause.NODE_LOST, DeathCause.KILLED, DeathCause.TERMINATED, DeathCause.UNRESPONSIVE);
            NodeManager again = largeNode("second");
            try {
                // Perhaps by the next attempt: the ask that followed the death at once was above what was left, and
                // that
                // ends an attempt.
                assertThat(awaitRest(service, 1)).doesNotContain(first);
            } finally {
                again.stop();
            }
        }
    }

    private NodeManager largeNode(String name) {
        YarnConfiguration conf = CLUSTER.yarn().conf();
        conf.setInt(YarnConfiguration.NM_PMEM_MB, LARGE_MIB);
        conf.set(YarnConfiguration.NM_LOCAL_DIRS, work.resolve(name + "-local").toString());
        conf.set(YarnConfiguration.NM_LOG_DIRS, work.resolve(name + "-logs").toString());
        NodeManager node = new NodeManager();
        node.init(conf);
        node.start();
        return node;
    }
}
