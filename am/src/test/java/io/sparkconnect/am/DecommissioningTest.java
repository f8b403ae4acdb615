/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static io.sparkconnect.am.fixture.ServiceInvariants.awaitRest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.ExcludeFile;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.SeparateNodeManager;
import io.sparkconnect.am.fixture.ServedStream;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An administrator takes a node out of the cluster as YARN offers it: by the exclude file, with a time. */
class DecommissioningTest {
    /** A loopback address: YARN excludes by host, and all other nodes are {@code localhost}. */
    private static final String HOST = "127.0.0.3";

    /** Servers end 15 s before: the grace of a stop (5 s in tests), and a margin of ten. */
    private static final Duration WITHIN = Duration.ofSeconds(40);

    private static final Duration SESSIONS_HAVE_AT_LEAST = Duration.ofSeconds(20);

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void aSessionThatLivesAtTheDeadlineIsEndedWithItsCauseBeforeTheNodeGoes() throws Exception {
        try (LaunchedService service = CLUSTER.launch(work, "deadline", 0)) {
            // So the ApplicationMaster is on a node that stays.
            await().until(() -> service.status().slots().isEmpty());
            try (SeparateNodeManager node = SeparateNodeManager.start(CLUSTER.yarn(), "leaving-node", 4096, HOST);
                    ExcludeFile excluded = new ExcludeFile(CLUSTER.yarn(), work)) {
                Set<String> before = node.hasAllServersOf(service, 2);
                String busy = before.iterator().next();
                Files.writeString(service.servers().resolve(busy + ".sessions"), "1");
                await().until(() ->
                        requireNonNull(service.status().pools().get("default")).sessions() == 1);

                try (ServedStream session =
                        ServedStream.to(requireNonNull(service.published().get(busy)))) {
                    long toldAtMs = System.currentTimeMillis();
                    excluded.exclude(HOST, WITHIN);

                    // The idle one ends as soon as another stands in for it; the session goes on.
                    await().until(() -> service.ready().size() == 2
                            && service.deaths().size() == 1
                            && service.published().size() == 3);
                    assertThat(service.ready()).doesNotContainAnyElementsOf(before);
                    SlotRecord draining = slotOf(service, busy);
                    assertThat(draining.state()).isEqualTo(SlotState.DRAINING);
                    assertThat(draining.reason()).isEqualTo("its node leaves the cluster");
                    for (String other : service.ready()) {
                        assertThat(requireNonNull(service.published().get(other))
                                        .readyAtMs())
                                .as("first the replacement, then the drain")
                                .isLessThanOrEqualTo(draining.sinceMs());
                    }
                    assertThat(session.isServed()).isTrue();

                    await().until(() -> service.deaths().size() == 2 && !session.isServed());
                    await().until(() ->
                            !LightSpark.livingById(service.servers()).containsKey(busy));
                    assertThat(CLUSTER.yarn().stateOf(node.id()))
                            .as("the node, when its last server has ended")
                            .isEqualTo(NodeState.DECOMMISSIONING);
                    assertThat(service.deaths())
                            .allSatisfy(death -> {
                                assertThat(death.cause()).isEqualTo(DeathCause.NODE_DECOMMISSIONED);
                                assertThat(death.diagnostics()).isEqualTo("node " + node.id());
                            })
                            .filteredOn(death -> death.serverId().equals(busy))
                            .singleElement()
                            .extracting(DeathCertificate::diedAtMs)
                            .satisfies(diedAtMs ->
                                    assertThat(diedAtMs).isGreaterThan(toldAtMs + SESSIONS_HAVE_AT_LEAST.toMillis()));
                }

                await().until(() -> CLUSTER.yarn().stateOf(node.id()) == NodeState.DECOMMISSIONED);
                assertThat(awaitRest(service, 2)).doesNotContainAnyElementsOf(before);
                assertThat(service.deaths()).as("whom the node takes with it").hasSize(2);
                assertThat(service.slots().values()).allSatisfy(slot -> {
                    assertThat(slot.consecutiveFailures()).isZero();
                    assertThat(slot.restarts()).isZero();
                });
                assertThat(service.status().decisions())
                        .extracting(Decision::text)
                        .contains("node " + node.id() + " leaves the cluster within 40 s")
                        .noneMatch(text -> text.contains("is avoided") || text.contains("next server in"));
            }
        }
    }

    private static SlotRecord slotOf(LaunchedService service, String server) throws Exception {
        return service.slots().values().stream()
                .filter(slot -> server.equals(slot.containerId()))
                .findFirst()
                .orElseThrow();
    }
}
