/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way back is whole: the pool, the settings that describe it, and what later commands make of them. */
class RollbackCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
        user.yarn.queues.replaceAll(queue -> new ClusterView.Queue(
                queue.name(),
                queue.path(),
                queue.leaf(),
                queue.running(),
                queue.maximumShare(),
                queue.guaranteedShare(),
                queue.maximumAmShare(),
                Set.of("BIG")));
    }

    @Test
    void takesBackEverythingThatAServerIsStartedWith() {
        launch("-Dsparkconnect.server.memory=2g", "-Dsparkconnect.server.env.TZ=UTC");
        PoolSpec good = pool("default");
        Map<String, String> settings = spec().settings();
        user.run(
                "set",
                "sparkconnect.server.memory=4g",
                "sparkconnect.server.vcores=4",
                "sparkconnect.executors.queue=sparkconnect",
                "sparkconnect.server.java.home=/opt/java-21",
                "sparkconnect.server.node.label=BIG",
                "sparkconnect.server.env.TZ=CET",
                "sparkconnect.server.env.LANG=C",
                "sparkconnect.server.conf.spark.executor.memory=4g");
        assertThat(pool("default").driverMemoryMiB()).as(user.talk()).isEqualTo(4096);

        int exit = user.run("rollback");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("default").startsLike(good)).as("%s", pool("default")).isTrue();
        assertThat(described("default")).isEqualTo(describedBy(settings, "default"));
        assertThat(user.data())
                .contains(
                        "roll pool default back from sparkconnect.executors.queue=sparkconnect, ",
                        ": set sparkconnect.server.env.TZ=UTC, sparkconnect.server.memory=2g, sparkconnect.executors.queue to its"
                                + " default, ");
    }

    @Test
    void whatWasTakenBackDoesNotComeBackWithTheNextSetting() {
        launch();
        user.run("set", "sparkconnect.server.memory=4g", "sparkconnect.server.memory.overhead=1g");
        user.run("rollback");
        PoolSpec back = pool("default");

        int exit = user.run("set", "sparkconnect.sessions.per.server=30");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("default").startsLike(back)).as("%s", pool("default")).isTrue();
        assertThat(pool("default").rollout()).isEqualTo(back.rollout());
        assertThat(pool("default").sessionsPerServer()).isEqualTo(30);
    }

    @Test
    void whatHoldsForRunningServersStaysAsItIsToday() {
        launch();
        user.run("set", "sparkconnect.server.memory=2g");
        user.run("set", "sparkconnect.sessions.per.server=30", "sparkconnect.servers.spare=1");
        PoolSpec today = pool("default");

        user.run("rollback");

        assertThat(pool("default").sessionsPerServer()).isEqualTo(30);
        assertThat(pool("default").scaling()).isEqualTo(today.scaling());
        assertThat(spec().settings())
                .containsEntry("sparkconnect.sessions.per.server", "30")
                .containsEntry("sparkconnect.servers.spare", "1")
                .doesNotContainKey("sparkconnect.server.memory");
    }

    @Test
    void afterAnAutomaticRollBackTheWishBecomesWhatRuns() {
        launch("-Dsparkconnect.server.memory=2g");
        PoolSpec good = pool("default");
        user.run("set", "sparkconnect.server.memory=4g");
        says("default", pool("default").revision(), RolloutState.ROLLED_BACK, "3 new servers failed");

        int exit = user.run("rollback");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("default").startsLike(good)).isTrue();
        assertThat(pool("default").revision()).as("what the servers carry").isEqualTo(good.revision());
        assertThat(spec().settings()).containsEntry("sparkconnect.server.memory", "2g");
        assertThat(user.run("rollback")).isZero();
        assertThat(user.data()).contains("nothing to do");
    }

    @Test
    void aPoolGoesBackToItsOwnAndToTheServicesSettings() {
        launch("-Dsparkconnect.pools=etl", "-Dsparkconnect.pool.etl.server.memory=3g");
        PoolSpec etl = pool("etl");
        PoolSpec standard = pool("default");
        user.run(
                "set",
                "sparkconnect.pool.etl.server.memory=4g",
                "sparkconnect.pool.etl.server.vcores=4",
                "sparkconnect.pool.etl.server.env.TZ=CET");

        int exit = user.run("rollback", "--pool", "etl");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("etl").startsLike(etl)).as("%s", pool("etl")).isTrue();
        assertThat(pool("default")).isEqualTo(standard);
        assertThat(spec().settings())
                .containsEntry("sparkconnect.pool.etl.server.memory", "3g")
                .doesNotContainKeys(
                        "sparkconnect.pool.etl.server.vcores",
                        "sparkconnect.pool.etl.server.env.TZ",
                        "sparkconnect.server.vcores",
                        "sparkconnect.server.memory");
    }

    @Test
    void onePoolGoesBackFromASettingOfTheServiceAndTheOtherKeepsIt() {
        launch("-Dsparkconnect.pools=etl");
        PoolSpec etl = pool("etl");
        user.run("set", "sparkconnect.server.memory=2g", "sparkconnect.server.env.TZ=CET");

        user.run("rollback", "--pool", "etl");
        user.run("set", "sparkconnect.drain.timeout=9m");

        assertThat(pool("etl").startsLike(etl)).as("%s", pool("etl")).isTrue();
        assertThat(pool("default").driverMemoryMiB()).isEqualTo(2048);
        assertThat(pool("default").environment()).containsEntry("TZ", "CET");
    }

    @Test
    void goesForwardAgainWithAllOfIt() {
        launch();
        user.run("set", "sparkconnect.server.memory=2g", "sparkconnect.server.node.label=BIG");
        PoolSpec forward = pool("default");
        says("default", forward.revision(), RolloutState.DONE, "");
        user.run("rollback");
        says("default", pool("default").revision(), RolloutState.DONE, "");

        user.run("rollback");

        assertThat(pool("default").startsLike(forward)).isTrue();
        assertThat(spec().settings())
                .containsEntry("sparkconnect.server.memory", "2g")
                .containsEntry("sparkconnect.server.node.label", "BIG");
    }

    @Test
    void saysThatARestartHasNothingToGoBackTo() {
        launch();
        user.run("restart");

        assertThat(user.run("rollback")).isEqualTo(1);
        assertThat(user.talk()).contains("pool default has nothing to go back to: its last rollout was a restart");
    }

    @Test
    void statusShowsWhatRunsAndWhatWasGivenUp() {
        launch("-Dsparkconnect.server.memory=2g");
        user.run("set", "sparkconnect.server.memory=4g");
        says("default", pool("default").revision(), RolloutState.ROLLED_BACK, "3 new servers failed");
        int before = user.data().length();

        user.run("status");

        assertThat(user.data().substring(before))
                .contains(
                        "pool default: 2 to 10 servers of 2432 MiB",
                        "gone back from sparkconnect.server.memory=4g, which is still wished (`rollback` takes it back)");
    }

    private void launch(String... settings) {
        String[] words = new String[settings.length + 1];
        words[0] = "launch";
        System.arraycopy(settings, 0, words, 1, settings.length);
        assertThat(user.run(words)).as(user.talk()).isZero();
        Map<String, PoolStatus> pools = new HashMap<>();
        spec().pools().keySet().forEach(pool -> pools.put(pool, new PoolStatus(2, 2, 0, 0, 0, 0, null)));
        user.registry.status = status(pools);
    }

    private void says(String pool, long revision, RolloutState state, String message) {
        Map<String, PoolStatus> pools =
                new HashMap<>(Objects.requireNonNull(user.registry.status).pools());
        pools.put(pool, new PoolStatus(2, 2, 0, 0, 0, 0, null, new RolloutStatus(revision, state, 2, 2, message)));
        user.registry.status = status(pools);
    }

    private ServiceStatus status(Map<String, PoolStatus> pools) {
        return new ServiceStatus(
                FakeYarn.NEW_ID,
                1,
                null,
                spec().generation(),
                ServiceState.READY,
                "",
                990_000,
                999_000,
                pools,
                List.of(),
                List.of(),
                null);
    }

    private PoolSpec described(String pool) {
        return describedBy(spec().settings(), pool);
    }

    private static PoolSpec describedBy(Map<String, String> settings, String pool) {
        return SpecPlan.pool(
                pool,
                SpecSettings.configuration(settings, "a test").pools().of(pool),
                new SparkDistribution("/any", null, null));
    }

    private ServiceSpec spec() {
        return Objects.requireNonNull(user.registry.spec);
    }

    private PoolSpec pool(String name) {
        return Objects.requireNonNull(spec().pools().get(name), name);
    }
}
