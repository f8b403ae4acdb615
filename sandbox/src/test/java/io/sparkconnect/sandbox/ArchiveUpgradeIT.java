/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.SlotStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A pool of the running service is upgraded from a Spark that the nodes have to one in an archive that YARN brings them, all 450 MB
 * of it, and rolled back. Real YARN, real Spark, real clients.
 */
@ExtendWith(RunningService.class)
class ArchiveUpgradeIT {
    private static final String POOL = "archived";

    private final RunningService.Service service;

    ArchiveUpgradeIT(RunningService.Service service) {
        this.service = service;
    }

    @Test
    void serversMoveToAnArchiveAndBackAndNoSessionIsLost() throws Exception {
        Path archive = Files.createTempFile("spark-of-the-build", ".tgz");
        Process packing = pack(archive);
        try {
            runs(
                    "set",
                    "sparkconnect.pools=" + POOL,
                    "sparkconnect.pool." + POOL + ".servers.min=1",
                    "sparkconnect.pool." + POOL + ".servers.max=2",
                    // The queue holds no four servers as large as those of the default pool.
                    "sparkconnect.pool." + POOL + ".server.memory=512m",
                    "sparkconnect.drain.timeout=10m",
                    "--wait=4m");
            assertThat(packing.waitFor()).as("tar").isZero();
            SlotStatus before = onlyServer();
            assertThat(sparkHomeOf(before)).isEqualTo(service.spark().sparkHome());
            try (PythonScenario user = client("stays")) {
                String application = placed(user, "placed");
                assertThat(application).isEqualTo(before.childApplicationId());

                runs("upgrade", "--pool", POOL, "--archive", archive.toUri().toString());

                SlotStatus upgraded = awaitStandInFor(before);
                assertThat(sparkHomeOf(upgraded))
                        .exists()
                        .isNotEqualTo(service.spark().sparkHome());
                assertThat(sparkHomeOf(upgraded).toRealPath()).asString().contains("/filecache/");
                assertThat(slots()).contains(Map.entry(idOf(before), SlotState.DRAINING));
                try (PythonScenario other = client("stays")) {
                    assertThat(placed(other, "placed")).isEqualTo(upgraded.childApplicationId());
                    other.tell("go on");
                    other.succeed(RunningService.SOON);
                }
                user.tell("go on");
                assertThat(placed(user, "again")).as("drained in peace").isEqualTo(application);
                user.succeed(RunningService.SOON);
            }
            await().atMost(RunningService.SOON)
                    .until(() -> Objects.requireNonNull(Objects.requireNonNull(
                                                    service.status().pools().get(POOL))
                                            .rollout())
                                    .state()
                            == RolloutState.DONE);

            runs("rollback", "--pool", POOL, "--wait=4m");

            SlotStatus back = onlyServer();
            assertThat(idOf(back)).isNotEqualTo(idOf(before));
            assertThat(sparkHomeOf(back)).isEqualTo(service.spark().sparkHome());
        } finally {
            packing.destroyForcibly();
            Files.delete(archive);
            runs("set", "sparkconnect.pools=", "sparkconnect.drain.timeout=1s", "--wait=2m");
        }
    }

    /** What a server needs, as fast as it can be packed: jars are packed already. */
    private Process pack(Path archive) throws Exception {
        return new ProcessBuilder(
                        "tar",
                        "--use-compress-program=gzip -1",
                        "-cf",
                        archive.toString(),
                        "-C",
                        service.spark().sparkHome().toString(),
                        "bin",
                        "sbin",
                        "jars")
                .inheritIO()
                .start();
    }

    private void runs(String... command) throws Exception {
        LauncherRun run = service.cluster().launcher(command);
        assertThat(run.exitCode()).as(run.data() + run.talk()).isZero();
    }

    private PythonScenario client(String program) {
        Path home = service.spark().projectHome();
        return PythonScenario.start(
                program,
                List.of(
                        service.spark().python().toString(),
                        "-u",
                        home.resolve("sandbox/src/test/python/clients.py").toString(),
                        program,
                        service.cluster().clientUrl() + "/;x-pool=" + POOL),
                Map.of());
    }

    /** The application of the server that the program's session is on. */
    private static String placed(PythonScenario program, String event) {
        JsonNode said = program.await(event, RunningService.A_SERVER_START);
        assertThat(said.path("rows").asInt()).isEqualTo(5);
        return said.path("server").asText();
    }

    private SlotStatus awaitStandInFor(SlotStatus before) {
        await().atMost(RunningService.A_SERVER_START)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> slots().containsValue(SlotState.READY) && slots().get(idOf(before)) == SlotState.DRAINING);
        return ofPool().stream()
                .filter(slot -> slot.state() == SlotState.READY)
                .findFirst()
                .orElseThrow();
    }

    private SlotStatus onlyServer() {
        await().atMost(RunningService.SOON)
                .until(() -> List.copyOf(slots().values()).equals(List.of(SlotState.READY)));
        return ofPool().get(0);
    }

    private List<SlotStatus> ofPool() {
        return service.status().slots().stream()
                .filter(slot -> slot.pool().equals(POOL))
                .toList();
    }

    private Map<String, SlotState> slots() {
        Map<String, SlotState> states = new HashMap<>();
        ofPool().forEach(slot -> states.put(String.valueOf(slot.serverId()), slot.state()));
        return states;
    }

    private static String idOf(SlotStatus server) {
        return Objects.requireNonNull(server.serverId());
    }

    private Path sparkHomeOf(SlotStatus server) {
        ProcessHandle driver =
                Objects.requireNonNull(service.cluster().drivers().get(idOf(server)));
        return Path.of(ProcessLedger.environment(driver, "SPARK_HOME").orElseThrow());
    }
}
