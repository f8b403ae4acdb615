/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.WaysToDie;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
        user.yarn.applications.add(FakeYarn.application(FakeYarn.NEW_ID, "RUNNING", ""));
        user.registry.status = CommandLineFixture.status(ServiceState.DEGRADED, 1, "1 of 2 servers");
        user.registry.deaths.add(new DeathCertificate(
                "container_9",
                "default",
                "default-1",
                "node-2:1",
                DeathCause.HEAP_EXHAUSTED,
                3,
                "",
                List.of(),
                "raise sparkconnect.server.memory",
                null,
                940_000));
        user.registry.proxies.add(
                new ProxyRecord("p1", "primary:15002", "127.0.0.1:15003", 4, 9, 0, 400_000, Map.of(), Map.of()));
    }

    @Test
    void showsServersDeathsWithTheirCauseAndProxies() {
        int exit = user.run("status");

        assertThat(user.talk()).isEmpty();
        assertThat(exit).isEqualTo(0);
        assertThat(user.data())
                .contains("Service sparkconnect: DEGRADED", "1 of 2 servers", "attempt 1, up 10s")
                .containsPattern("default-1 +STARTING +5s +node-1:1 +node-1:4000 +3 +1 +Spark starts")
                .containsPattern(
                        "1m0s +default-1 +node-2:1 +3 +the driver ran out of heap; raise sparkconnect.server.memory")
                .containsPattern("sc://primary:15002 +4 +9 +0 +10m0s");
    }

    @Test
    void showsEightWaysToDieWithEightCausesAndWhatToDo() {
        user.registry.deaths.clear();
        for (WaysToDie way : WaysToDie.values()) {
            user.registry.deaths.add(way.certificate("container_" + way, 940_000));
        }

        user.run("status", "-o", "wide");

        for (WaysToDie way : WaysToDie.values()) {
            assertThat(user.data())
                    .containsPattern("default-0 +n1:1 +" + way.exitStatus() + " +\\Q"
                            + way.cause().inWords() + (way.remedy() == null ? "" : "; " + way.remedy()) + "\\E +\\Q"
                            + WaysToDie.logUrl("container_" + way) + "\\E");
        }
        assertThat(user.data()).doesNotContain("more: `events");
    }

    @Test
    void saysWhereToFindTheDeathsThatItDoesNotShow() {
        for (int i = 0; i < 10; i++) {
            user.registry.deaths.add(WaysToDie.SIGKILL.certificate("container_" + i, 900_000 + i));
        }

        user.registry.deaths.add(new DeathCertificate(
                "container_10", "default", "s", "n", DeathCause.SCALED_IN, 143, "", List.of(), null, null, 950_000));

        user.run("status");

        assertThat(user.data())
                .contains("and 3 more: `events --kind death`")
                .doesNotContain(DeathCause.SCALED_IN.inWords());
    }

    @Test
    void saysWhyAPoolHasNoMoreServers() {
        ServiceStatus told = CommandLineFixture.status(ServiceState.READY, 2, "");
        String reason = "9 servers are needed: queue sparkconnect can hold 3 servers of 1408 MiB";
        ScalingStatus scaling = new ScalingStatus(9, 3, 4, 0, ScalingStatus.Limit.QUEUE, reason);
        user.registry.status = new ServiceStatus(
                told.applicationId(),
                told.attempt(),
                told.webUrl(),
                told.generation(),
                told.state(),
                told.message(),
                told.launchedAtMs(),
                told.updatedAtMs(),
                Map.of("default", new PoolStatus(3, 3, 0, 0, 170, 0, scaling)),
                told.slots(),
                told.decisions(),
                told.spreading());

        user.run("status");

        assertThat(user.data()).contains("Pool default: " + reason + " (4 sessions waiting for a server)");
    }

    @Test
    void saysHowServersAreSpreadAlsoOfOnePool() {
        ServiceStatus told = CommandLineFixture.status(ServiceState.READY, 2, "");
        user.registry.status = new ServiceStatus(
                told.applicationId(),
                told.attempt(),
                told.webUrl(),
                told.generation(),
                told.state(),
                told.message(),
                told.launchedAtMs(),
                told.updatedAtMs(),
                told.pools(),
                told.slots(),
                told.decisions(),
                "spread over nodes by blacklist: the handler is disabled");

        user.run("status", "--pool", "default");

        assertThat(user.data()).contains("servers are spread over nodes by blacklist: the handler is disabled");
    }

    @Test
    void worksWithoutTheResourceManagerAndSaysSo() {
        user.yarn.away = "the ResourceManager cannot be reached: connection refused";

        int exit = user.run("status");

        assertThat(exit).isEqualTo(0);
        assertThat(user.data()).contains("DEGRADED").contains("YARN: the ResourceManager cannot be reached");
    }

    @Test
    void saysThatADeadApplicationWantsCleaningUp() {
        user.yarn.applications.set(0, FakeYarn.application(FakeYarn.NEW_ID, "KILLED", "killed by user ann"));

        user.run("status");

        assertThat(user.data())
                .contains("the application is over: `stop` cleans up")
                .contains("KILLED")
                .contains("killed by user ann");
    }

    @Test
    void printsTheRecordsAsJson() {
        int exit = user.run("status", "-o", "json");

        assertThat(exit).isEqualTo(0);
        assertThat(user.data())
                .contains(
                        "\"state\" : \"DEGRADED\"",
                        "\"cause\" : \"HEAP_EXHAUSTED\"",
                        "\"address\" : \"primary:15002\"",
                        "\"desired\" : 2");
    }

    @Test
    void namesTheNearestServiceWhenThereIsNoneOfThatName() {
        user.registry.status = null;
        user.registry.services.addAll(List.of("adhoc", "nightly"));

        int exit = user.run("status", "adhok");

        assertThat(exit).isEqualTo(3);
        assertThat(user.talk()).contains("error: no service adhok (did you mean adhoc? there are: adhoc, nightly)");
    }

    @Test
    void saysWhichZooKeeperIsAway() {
        user.registry.away = true;

        int exit = user.run("status");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk())
                .contains("ZooKeeper does not answer (sparkconnect.zookeeper.quorum)")
                .doesNotContain("Exception");
    }
}
