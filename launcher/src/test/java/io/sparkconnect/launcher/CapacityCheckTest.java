/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapacityCheckTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
    }

    @Test
    void refusesAServerThatIsLargerThanEveryNode() {
        user.yarn.maximum = new ClusterView.Size(65_536, 64);

        int exit = user.run("launch", "-Dsparkconnect.server.memory=10g");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("a server's container of 11264 MiB, 1 vcore fits no running node: the largest has 8192 MiB");
    }

    @Test
    void refusesAQueueThatCannotHoldTheApplicationMasterAndOneServer() {
        int exit = user.run("launch", "-Dsparkconnect.server.memory=6g");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains(
                        "queue: sparkconnect may grow to 6553 MiB (40 % of 16384 MiB), but the ApplicationMaster and one server need 7526 MiB");
    }

    @Test
    void warnsWhenTheQueueHoldsFewerServersThanWanted() {
        int exit = user.run("launch", "-Dsparkconnect.server.memory=3g", "-Dsparkconnect.servers.min=4");

        assertThat(exit).isEqualTo(0);
        assertThat(user.talk())
                .contains(
                        "warning: queue sparkconnect may grow to 6553 MiB (40 % of 16384 MiB): room for 1 server of 3456 MiB, but sparkconnect.servers.min is 4");
    }

    @Test
    void warnsWhenTheExecutorsQueueLetsTooFewApplicationMastersStart() {
        user.yarn.queues.replaceAll(queue -> queue.name().equals("default")
                ? new ClusterView.Queue("default", "root.default", true, true, 0.7, 0.7, 0.1)
                : queue);

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(0);
        assertThat(user.talk())
                .contains("warning: queue default gives ApplicationMasters 1146 MiB at most (10 %)")
                .contains("raise yarn.scheduler.capacity.root.default.maximum-am-resource-percent");
    }

    @Test
    void refusesAParentQueueAndAStoppedOne() {
        user.yarn.queues.add(new ClusterView.Queue("closed", "root.closed", true, false, 1, 0, null));

        int exit = user.run("launch", "-Dsparkconnect.queue=root", "-Dsparkconnect.executors.queue=closed");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("sparkconnect.queue: root is a parent of queues (expected: a leaf queue)")
                .contains("sparkconnect.executors.queue: closed is not running");
    }

    @Test
    void refusesNodeLabelsThatTheQueueMayNotUseAndNamesTheNearest() {
        user.yarn.queues.replaceAll(queue -> queue.name().equals("sparkconnect")
                ? new ClusterView.Queue(
                        "sparkconnect", "root.sparkconnect", true, true, 0.4, 0.3, 0.5, Set.of("CORE", "ON_DEMAND"))
                : queue);

        int exit =
                user.run("launch", "-Dsparkconnect.server.node.label=CORRE", "-Dsparkconnect.am.node.label=ON_DEMAND");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("sparkconnect.server.node.label: CORRE is no node label that queue sparkconnect may use"
                        + " (did you mean CORE? it may use: CORE, ON_DEMAND)")
                .doesNotContain("sparkconnect.am.node.label");
        assertThat(user.run("launch", "-Dsparkconnect.server.node.label=CORE")).isZero();
    }

    @Test
    void saysWhereLabelsAreOff() {
        int exit = user.run("launch", "-Dsparkconnect.am.node.label=CORE");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk()).contains("sparkconnect.am.node.label: CORE is no", "yarn.node-labels.enabled is false");
    }

    @Test
    void findsAQueueByItsPath() {
        assertThat(user.run("launch", "-Dsparkconnect.queue=root.sparkconnect")).isEqualTo(0);
    }

    @Test
    void onlyWarnsWhenNoNodeRunsYet() {
        user.yarn.nodes = List.of();

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(0);
        assertThat(user.talk()).contains("warning: YARN has no running node");
    }

    @Test
    void warnsWhenTheClusterAllowsFewerAttempts() {
        user.run("launch", "-Dyarn.resourcemanager.am.max-attempts=2");

        assertThat(user.talk())
                .contains(
                        "warning: yarn.resourcemanager.am.max-attempts is 2 here: when the ApplicationMaster fails 2 times within 10m0s");
    }
}
