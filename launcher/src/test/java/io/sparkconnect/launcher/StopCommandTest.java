/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
        user.yarn.applications.add(FakeYarn.application(FakeYarn.NEW_ID, "RUNNING", ""));
        user.registry.spec = new ServiceSpec(3, "sparkconnect", "ann", DesiredState.RUNNING, 0, Map.of(), Map.of());
        user.registry.status = CommandLineFixture.status(ServiceState.READY, 2, "");
    }

    @Test
    void asksTheApplicationMasterAndWaitsForItsEnd() {
        user.meanwhile(() -> user.registry.status = CommandLineFixture.status(ServiceState.STOPPING, 1, "draining"))
                .meanwhile(this::theApplicationMasterIsDone);

        int exit = user.run("stop", "--drain", "30s");

        assertThat(exit).isEqualTo(0);
        assertThat(user.talk())
                .containsSubsequence(
                        "READY: 2 servers with 6 sessions left", "STOPPING: 2 servers with 6 sessions left; draining");
        assertThat(user.data())
                .contains("sparkconnect stopped (" + FakeYarn.NEW_ID + ")")
                .doesNotContain("removed");
        assertThat(user.yarn.killed).isEmpty();
    }

    @Test
    void writesTheDrainDeadlineIntoTheSpec() {
        user.run("stop", "--drain", "30s", "--no-wait");

        ServiceSpec spec = user.registry.spec;
        assertThat(spec).isNotNull();
        assertThat(spec.desired()).isEqualTo(DesiredState.STOPPED);
        assertThat(spec.drainDeadlineMs()).isEqualTo(30_000);
        assertThat(spec.generation()).isEqualTo(4);
    }

    @Test
    void givesSessionsAsLongAsTheServiceSaysAndNotThisUsersFiles() {
        runsWith(Map.of("sparkconnect.drain.timeout", "1h"));

        user.run("stop", "--no-wait", "-Dsparkconnect.drain.timeout=1s");

        assertThat(user.registry.spec).isNotNull();
        assertThat(user.registry.spec.drainDeadlineMs()).isEqualTo(3_600_000);
        assertThat(user.data()).contains("sessions may go on for 1h");
    }

    @Test
    void killsNothingBeforeTheServicesOwnGraceIsOver() {
        runsWith(Map.of("sparkconnect.drain.timeout", "1h", "sparkconnect.server.stop.grace", "10m"));

        user.run("stop", "--drain", "1m");

        assertThat(user.talk()).contains("killing " + FakeYarn.NEW_ID + ": it did not end within 12m");
    }

    private void runsWith(Map<String, String> settings) {
        user.registry.spec = new ServiceSpec(3, "sparkconnect", "ann", DesiredState.RUNNING, 0, Map.of(), settings);
    }

    @Test
    void canBeRepeatedWithoutAnotherGenerationAndHurriedWithNow() {
        user.run("stop", "--no-wait");
        user.run("stop", "--no-wait");
        assertThat(user.registry.spec).isNotNull();
        assertThat(user.registry.spec.generation()).isEqualTo(4);

        user.run("stop", "--now", "--no-wait");

        assertThat(user.registry.spec.generation()).isEqualTo(5);
        assertThat(user.registry.spec.drainDeadlineMs()).isZero();
    }

    @Test
    void killsAnApplicationThatDoesNotEndAndCleansUp() throws IOException {
        Files.createDirectories(user.staging.resolve(FakeYarn.NEW_ID));

        int exit = user.run("stop", "--now");

        assertThat(exit).isEqualTo(0);
        assertThat(user.yarn.killed).containsExactly(FakeYarn.NEW_ID);
        assertThat(user.talk()).contains("killing " + FakeYarn.NEW_ID + ": it did not end within 1m10s");
        assertThat(user.data()).contains("killed after 1m10s", "what ZooKeeper held of it", "staging directory");
        assertThat(user.registry.spec).isNull();
        assertThat(user.staging.resolve(FakeYarn.NEW_ID)).doesNotExist();
    }

    @Test
    void givesUpWaitingInTimeAndKillsNothing() {
        int exit = user.run("stop", "--wait=5s");

        assertThat(exit).isEqualTo(4);
        assertThat(user.yarn.killed).isEmpty();
        assertThat(user.talk()).contains("not gone within 5s; the service goes on stopping");
    }

    @Test
    void cleansUpWhatADeadApplicationLeft() throws IOException {
        user.yarn.applications.clear();
        Files.createDirectories(user.staging.resolve(FakeYarn.NEW_ID));

        int exit = user.run("stop");

        assertThat(exit).isEqualTo(0);
        assertThat(user.data())
                .contains(
                        "sparkconnect has no living application; removed what ZooKeeper held of it, staging directory");
        assertThat(user.registry.spec).isNull();
    }

    @Test
    void killsTheServersOwnApplicationsThatADeadApplicationLeft() {
        user.yarn.applications.clear();
        user.yarn.serverApplications.add(FakeYarn.application("application_1_9", "RUNNING", ""));

        int exit = user.run("stop");

        assertThat(exit).isEqualTo(0);
        assertThat(user.yarn.killed).containsExactly("application_1_9");
        assertThat(user.data()).contains("1 Spark application of its servers");
    }

    @Test
    void killsAnApplicationWhoseSpecIsGone() {
        user.registry.spec = null;
        user.registry.status = null;

        int exit = user.run("stop");

        assertThat(exit).isEqualTo(0);
        assertThat(user.yarn.killed).containsExactly(FakeYarn.NEW_ID);
        assertThat(user.talk()).contains("its spec is not in ZooKeeper, so it cannot be asked to stop");
    }

    @Test
    void saysSoWhenThereIsNoSuchService() {
        user.yarn.applications.clear();
        user.registry.spec = null;
        user.registry.status = null;

        int exit = user.run("stop");

        assertThat(exit).isEqualTo(3);
        assertThat(user.talk()).contains("no service sparkconnect");
    }

    private void theApplicationMasterIsDone() {
        user.registry.spec = null;
        user.registry.status = null;
        user.yarn.applications.set(0, FakeYarn.application(FakeYarn.NEW_ID, "FINISHED", ""));
    }
}
