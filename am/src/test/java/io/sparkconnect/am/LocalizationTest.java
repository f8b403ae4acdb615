/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static io.sparkconnect.am.fixture.LaunchedService.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.fixture.LaunchOptions;
import io.sparkconnect.am.fixture.LaunchedService;
import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.am.fixture.SharedCluster;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.SlotStatus;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Upgrades to a Spark archive that a real NodeManager downloads and unpacks: slowly, or not at all. */
class LocalizationTest {
    private static final String DOWNLOADS = "downloads and unpacks its files (sparkconnect.spark.archive, the agent)";

    @RegisterExtension
    static final SharedCluster CLUSTER = new SharedCluster();

    @TempDir
    Path work;

    @Test
    void saysThatASlowArchiveIsWaitedForAndGoesOnWhenItIsThere() throws Exception {
        Path slow = work.resolve("slow.tgz");
        run("mkfifo", slow.toString());
        try (LaunchedService service = CLUSTER.launch(work, "slow", 1)) {
            String old = service.awaitReady(1).iterator().next();

            upgrade(service, slow);
            try {
                await().untilAsserted(() -> assertThat(service.status().slots())
                        .extracting(SlotStatus::reason)
                        .anyMatch(reason -> reason != null && reason.endsWith(DOWNLOADS)));
                assertThat(service.ready())
                        .as("it serves until another stands in for it")
                        .containsExactly(old);
            } finally {
                arrives(slow);
            }

            await().until(() -> rollout(service).state() == RolloutState.DONE);
            Set<String> present = service.awaitReady(1);
            assertThat(present).doesNotContain(old);
        }
    }

    @Test
    void goesBackFromArchivesThatAreBrokenOrNotThereAndSaysWhichAndWhy() throws Exception {
        LaunchOptions options = LaunchOptions.of(1).with("sparkconnect.rollout.failures", "1");
        try (LaunchedService service = CLUSTER.launch(work, "broken", options)) {
            Set<String> good = service.awaitReady(1);

            Path broken = Files.writeString(work.resolve("broken.tgz"), "no archive at all");
            DeathCertificate death = failure(service, broken, "its files could not be localised: exit status -1000");
            assertThat(death.remedy()).contains("sparkconnect.spark.archive");
            Path missing = work.resolve("missing.tgz");
            death = failure(service, missing, missing + " is not there");
            assertThat(death.remedy()).contains("sparkconnect.spark.archive");

            assertThat(service.awaitReady(1)).as("who serves all the time").isEqualTo(good);
        }
    }

    /** The end of the one server that was started with the archive, after which all is as it was. */
    private static DeathCertificate failure(LaunchedService service, Path archive, String why) throws Exception {
        List<DeathCertificate> before = service.deaths();
        upgrade(service, archive);
        await().untilAsserted(() -> assertThat(rollout(service).state()).isEqualTo(RolloutState.ROLLED_BACK));
        assertThat(rollout(service).message()).contains("1 new servers failed, the last: ", why);
        List<DeathCertificate> since = new ArrayList<>(service.deaths());
        since.removeAll(before);
        assertThat(since).singleElement().satisfies(death -> {
            assertThat(death.cause()).isEqualTo(DeathCause.START_FAILED);
            assertThat(death.diagnostics()).contains(why);
        });
        return since.get(0);
    }

    private static void upgrade(LaunchedService service, Path archive) throws Exception {
        service.change(spec -> {
            PoolSpec before = requireNonNull(spec.pools().get("default"));
            PoolSpec after = before.toBuilder()
                    .spark(null, archive.toUri().toString())
                    .build()
                    .withRollout(new RolloutOrder(
                            spec.generation() + 1, "upgrade to " + archive, false, 1, before.withRollout(null)));
            return spec.withPool(after).next(0, "ann", "upgrade");
        });
        long generation = service.spec().orElseThrow().generation();
        await().until(() -> service.status().generation() >= generation);
    }

    private static RolloutStatus rollout(LaunchedService service) throws Exception {
        return requireNonNull(
                requireNonNull(service.status().pools().get("default")).rollout());
    }

    /** What the pipe's reader waits for; whoever reads nothing is not waited for. */
    private void arrives(Path pipe) throws Exception {
        Path archive = work.resolve("whole.tgz");
        Path spark = LightSpark.in(work.resolve("archived"));
        run("tar", "-czf", archive.toString(), "-C", spark.toString(), ".");
        FileTime asAnnounced = Files.getLastModifiedTime(pipe);
        try (RandomAccessFile end = new RandomAccessFile(pipe.toFile(), "rw")) {
            end.write(Files.readAllBytes(archive));
            // When it has read all, the node looks whether it is still the file that it was told of.
            Files.setLastModifiedTime(pipe, asAnnounced);
        }
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(String.join(" ", command))
                .isZero();
    }
}
