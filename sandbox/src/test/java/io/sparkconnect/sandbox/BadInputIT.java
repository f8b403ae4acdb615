/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.sandbox.RunningService.Service;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a user who mistypes reads, from the real command against a real cluster. */
@ExtendWith(RunningService.class)
class BadInputIT {
    private final Service service;

    BadInputIT(Service service) {
        this.service = service;
    }

    @Test
    void namesEveryMistakeOfALaunchAtOnceAndChangesNothing() throws Exception {
        LauncherRun launch = service.cluster()
                .launcher(
                        "launch",
                        "-D",
                        "sparkconnect.service.name=mistyped",
                        "-D",
                        "sparkconnect.quee=x",
                        "-D",
                        "sparkconnect.executors.queue=defalt",
                        "-D",
                        "sparkconnect.server.memory=900g",
                        "-D",
                        "sparkconnect.spark.home=/no/such/spark");

        assertThat(launch.exitCode()).isEqualTo(2);
        assertThat(launch.talk())
                .contains("sparkconnect.quee", "did you mean sparkconnect.queue?")
                .contains("defalt", "default")
                .contains("sparkconnect.server.memory")
                .contains("/no/such/spark");
        assertThat(service.cluster().launcher("status", "mistyped").exitCode()).isEqualTo(3);
    }

    @Test
    void saysThatZooKeeperIsAwayAndWhichSettingNamesIt() throws Exception {
        LauncherRun launch = service.cluster()
                .launcher(
                        "launch",
                        "-D",
                        "sparkconnect.service.name=lost",
                        "-D",
                        "sparkconnect.zookeeper.connect.timeout=2s",
                        "-D",
                        "sparkconnect.zookeeper.quorum=127.0.0.1:1");

        assertThat(launch.exitCode()).isEqualTo(2);
        assertThat(launch.talk()).contains("127.0.0.1:1", "sparkconnect.zookeeper.quorum");
    }

    @Test
    void refusesToLaunchAServiceThatRuns() throws Exception {
        LauncherRun launch = service.cluster().launcher("launch");

        assertThat(launch.exitCode()).isEqualTo(2);
        assertThat(launch.talk()).contains("sparkconnect", service.status().applicationId());
    }
}
