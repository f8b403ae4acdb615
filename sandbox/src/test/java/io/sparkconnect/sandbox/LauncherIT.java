/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.sandbox.RunningService.Service;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The real command line, from its jar, against a real YARN and a real ZooKeeper. */
@ExtendWith(RunningService.class)
class LauncherIT {
    private final Service service;

    LauncherIT(Service service) {
        this.service = service;
    }

    @Test
    void saysWhyAnApplicationMasterDidNotStartAndStopTakesAwayWhatItLeft() throws Exception {
        SandboxCluster cluster = service.cluster();
        LauncherRun launch = cluster.launcher(
                "launch",
                "--wait=3m",
                "-Dsparkconnect.service.name=broken",
                "-Dsparkconnect.am.java.home=/no/such/java",
                "-Dsparkconnect.am.max.attempts=2");

        assertThat(launch.exitCode()).as(launch.talk()).isEqualTo(1);
        assertThat(launch.talk())
                .contains("warning: sparkconnect.am.java.home: /no/such/java has no bin/java on this machine")
                .contains("is FAILED")
                .contains("/no/such/java/bin/java: No such file or directory")
                .contains("its logs: yarn logs -applicationId application_");
        assertThat(staged()).as("of the running service and of the broken one").hasSize(2);

        LauncherRun stop = cluster.launcher("stop", "broken");

        assertThat(stop.exitCode()).as(stop.talk()).isZero();
        assertThat(stop.data())
                .contains("broken has no living application; removed what ZooKeeper held of it")
                .contains("staging directory");
        assertThat(staged()).hasSize(1);
        assertThat(cluster.launcher("stop", "broken").exitCode()).isEqualTo(3);
    }

    @Test
    void showsTheServersToPeopleAndToScripts() throws Exception {
        LauncherRun table = service.cluster().launcher("status");
        LauncherRun json = service.cluster().launcher("status", "-o", "json");

        assertThat(table.exitCode()).as(table.talk()).isZero();
        assertThat(table.data()).contains("default-0", "default-1", "sc://");
        assertThat(json.exitCode()).as(json.talk()).isZero();
        assertThat(json.data())
                .startsWith("{")
                .contains("\"applicationId\" : \"" + service.status().applicationId() + "\"");
    }

    private List<Path> staged() throws Exception {
        Path staging = service.cluster().confDirectory().resolveSibling("staging");
        try (Stream<Path> directories = Files.list(staging)) {
            return directories.toList();
        }
    }
}
