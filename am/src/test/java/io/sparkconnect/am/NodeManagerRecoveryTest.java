/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.SeparateNodeManager;
import io.sparkconnect.am.fixture.ServedStream;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A NodeManager that keeps its state ({@code yarn.nodemanager.recovery.enabled}, as EMR sets it) is killed and started again:
 * its containers run on and are taken over.
 */
class NodeManagerRecoveryTest {
    /** Only on the large node is room for such a server. */
    private static final int SERVER_MIB = 4224;

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void serversOutliveTheirNodeManagerAndAreMindedByTheNextOne() throws Exception {
        LaunchOptions options = LaunchOptions.of(2).withContainerMiB(SERVER_MIB);
        try (SeparateNodeManager node = SeparateNodeManager.start(CLUSTER.yarn(), "kept-node", 16 * 1024);
                LaunchedService service = CLUSTER.launch(work, "kept-node", options)) {
            Set<String> before = awaitRest(service, 2);
            Map<String, Long> processes = LightSpark.livingById(service.servers());
            List<String> ids = List.copyOf(before);
            String kept = ids.get(0);
            String victim = ids.get(1);

            try (ServedStream stream =
                    ServedStream.to(requireNonNull(service.published().get(kept)))) {
                node.kill();
                node.startAgain();
                assertThat(awaitRest(service, 2)).isEqualTo(before);
                assertThat(LightSpark.livingById(service.servers())).isEqualTo(processes);
                assertThat(service.deaths()).isEmpty();

                // A server that dies while nobody minds its container: the AM's own probes tell.
                node.kill();
                service.killServer(victim);
                await().until(() -> !service.published().containsKey(victim));
                assertThat(service.published()).containsKey(kept);
                node.startAgain();
                Set<String> after = awaitRest(service, 2);
                assertThat(after).contains(kept).doesNotContain(victim);
                assertThat(service.deaths())
                        .extracting(DeathCertificate::serverId)
                        .containsExactly(victim);

                // The containers are stopped through it all the same, by an attempt that started none of them too.
                service.killApplicationMaster();
                await().until(() -> service.status().attempt() == 2);
                assertThat(awaitRest(service, 2)).isEqualTo(after);
                assertThat(stream.isServed()).isTrue();
                ProcessHandle hung = ProcessHandle.of(service.pid(kept)).orElseThrow();
                LaunchedService.signal(hung, "STOP");
                await().until(() -> !hung.isAlive());
                assertThat(awaitRest(service, 2)).doesNotContain(kept, victim);
                assertThat(service.deaths()).extracting(DeathCertificate::cause).contains(DeathCause.UNRESPONSIVE);
            } finally {
                service.changePool(pool -> LaunchedService.withServers(pool, 0));
                awaitRest(service, 0);
            }
        }
    }

    /** Its machine has lost power: YARN notices after ten minutes, or two here. */
    @Test
    void serversOfANodeThatIsGoneAreReplacedLongBeforeYarnNotices() throws Exception {
        try (SeparateNodeManager node = SeparateNodeManager.start(CLUSTER.yarn(), "gone-node", 4096);
                LaunchedService service = CLUSTER.launch(work, "gone-node", 0)) {
            Set<String> gone = node.hasAllServersOf(service, 2);

            node.kill();
            for (String server : gone) {
                service.killServer(server);
            }

            await().untilAsserted(() ->
                    assertThat(service.published()).hasSize(2).doesNotContainKeys(gone.toArray(String[]::new)));
            assertThat(CLUSTER.yarn().isRunning(node.id()))
                    .as("as YARN sees it")
                    .isTrue();
            assertThat(service.deaths()).extracting(DeathCertificate::cause).containsOnly(DeathCause.UNRESPONSIVE);
            assertThat(awaitRest(service, 2)).doesNotContainAnyElementsOf(gone);
        }
    }
}
