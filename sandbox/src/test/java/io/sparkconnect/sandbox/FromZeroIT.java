/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static io.sparkconnect.sandbox.RunningService.A_SERVER_START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.sandbox.RunningService.Service;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A service that costs nothing while nobody uses it: real proxy, real PySpark, real Spark. */
@ExtendWith(RunningService.class)
class FromZeroIT {
    private static final Duration A_SCENARIO = Duration.ofMinutes(6);

    private final Service service;

    FromZeroIT(Service service) {
        this.service = service;
    }

    @AfterEach
    void backToTwoServers() throws Exception {
        command("set", "sparkconnect.scaling.in.idle=10m", "sparkconnect.scaling.in.cooldown=1m");
        command("scale", "--min", "2", "--max", "4");
        service.awaitReady();
    }

    @Test
    void theFirstClientWaitsForAServerIsServedAndLeavesNoneBehind() throws Exception {
        command("set", "sparkconnect.scaling.in.idle=3s", "sparkconnect.scaling.in.cooldown=1s");
        command("scale", "--min", "0", "--max", "4");
        awaitNoServer();
        long refused = refused();

        try (PythonScenario scenario = service.scenario("sessions", "--count", "1")) {
            scenario.succeed(A_SCENARIO);
        }

        assertThat(refused()).as("requests that were told to come back").isEqualTo(refused);
        awaitNoServer();
    }

    private void command(String... words) throws Exception {
        LauncherRun run = service.cluster().launcher(words);
        assertThat(run.exitCode()).as(run.talk()).isZero();
    }

    private void awaitNoServer() {
        await().atMost(A_SERVER_START).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            assertThat(service.status().slots()).isEmpty();
            String ours = service.status().applicationId().replace("application", "") + "_";
            assertThat(service.cluster().drivers().keySet())
                    .as("Spark drivers of this service")
                    .noneMatch(container -> container.contains(ours));
        });
    }

    private long refused() throws Exception {
        return service.admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("sparkconnect_proxy_routing_total{event=\"no_server\"}"))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the proxy does not count what it refuses for want of a server"));
    }
}
