/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServiceSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpgradeCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory).running();
    }

    @Test
    void bringsAnotherSparkWithAWayBack() throws IOException {
        Path other = anotherSpark();
        PoolSpec before = pool();

        int exit = user.run("upgrade", "--spark-home", other.toString(), "--conf", "spark.executor.memory=4g");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool().sparkHome()).isEqualTo(other.toString());
        assertThat(pool().sparkConf()).isEqualTo(Map.of("spark.executor.memory", "4g"));
        assertThat(rollout().revision()).isEqualTo(6);
        assertThat(rollout().previous()).isEqualTo(before);
        assertThat(spec().settings())
                .containsEntry("sparkconnect.spark.home", other.toString())
                .containsEntry("sparkconnect.server.conf.spark.executor.memory", "4g");
        assertThat(user.data())
                .contains("upgrade pool default to Spark 4.3.0 at " + other + ", spark.executor.memory=4g one by one");
    }

    @Test
    void repeatedItDoesNothing() {
        user.run("upgrade", "--conf", "spark.a=1");
        user.run("upgrade", "--conf", "spark.a=1");

        assertThat(spec().generation()).isEqualTo(6);
        assertThat(user.data()).contains("nothing to do");
    }

    @Test
    void triesAgainWhatWasRolledBackAndStillKnowsTheWayBack() {
        PoolSpec good = pool();
        user.run("upgrade", "--conf", "spark.a=1");
        says(6, RolloutState.ROLLED_BACK, "3 new servers failed");

        user.run("upgrade", "--conf", "spark.a=1");

        assertThat(rollout().revision()).isEqualTo(7);
        assertThat(rollout().previous()).isEqualTo(good);
        assertThat(user.data()).contains("once more");
    }

    @Test
    void anotherUpgradeOverAnUnfinishedOneGoesBackToWhatWorked() {
        PoolSpec good = pool();
        user.run("upgrade", "--conf", "spark.a=1");
        says(6, RolloutState.RUNNING, "");

        user.run("upgrade", "--conf", "spark.a=2");

        assertThat(rollout().revision()).isEqualTo(7);
        assertThat(rollout().previous()).isEqualTo(good);
    }

    @Test
    void failsWithTheReasonWhenItIsRolledBack() {
        user.meanwhile(() -> says(6, RolloutState.ROLLING_BACK, "3 new servers failed, the last: exit status 1"));

        int exit = user.run("upgrade", "--conf", "spark.a=1", "--wait");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk()).contains("given up, what worked before goes on: 3 new servers failed");
    }

    @Test
    void saysAtOnceThatSomebodyElseRolledBackWhatItWaitsFor() {
        user.meanwhile(() -> user.registry.spec = spec().withPool(
                                Objects.requireNonNull(rollout().previous())
                                        .withRollout(new RolloutOrder(0, "back from spark.a=1", false, 1, null)))
                        .next(0, "bob", "roll pool default back from spark.a=1"))
                .meanwhile(() -> says(0, RolloutState.DONE, ""));

        int exit = user.run("upgrade", "--conf", "spark.a=1", "--wait");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk())
                .contains("not waiting any longer: what generation 6 wished is not wished any more, by generation 7"
                        + " (bob, roll pool default back from spark.a=1)");
    }

    @Test
    void saysThatTheServiceIsGoneMeanwhile() {
        user.meanwhile(() -> {
            user.registry.spec = null;
            user.registry.status = null;
        });

        assertThat(user.run("upgrade", "--conf", "spark.a=1", "--wait")).isEqualTo(1);
        assertThat(user.talk()).contains("the service is gone meanwhile");
    }

    @Test
    void looksAtTheDistributionFirst() {
        assertThat(user.run("upgrade", "--spark-home", "/no/such/spark")).isEqualTo(2);
        assertThat(user.run("upgrade", "--archive", "file:///no/such.zip")).isEqualTo(2);
        assertThat(user.run("upgrade", "--conf", "executor.memory=4g", "--remove-conf", "x"))
                .isEqualTo(2);
        assertThat(user.run("upgrade")).isEqualTo(2);

        assertThat(user.talk())
                .contains("sparkconnect.spark.home: /no/such/spark (expected: the absolute path")
                .contains("file:///no/such.zip does not exist")
                .contains("--conf: executor.memory (expected: a key that begins with spark.)")
                .contains("--remove-conf: the pool has no x");
        assertThat(spec().generation()).isEqualTo(5);
    }

    @Test
    void rollbackMakesWhatWorksTheWishWithoutTouchingAServer() {
        PoolSpec good = pool();
        user.run("upgrade", "--conf", "spark.a=1");
        says(6, RolloutState.ROLLED_BACK, "3 new servers failed");

        int exit = user.run("rollback");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool().sparkConf()).isEmpty();
        assertThat(pool().revision()).as("what the servers carry").isEqualTo(good.revision());
        assertThat(spec().settings()).doesNotContainKey("sparkconnect.server.conf.spark.a");
        assertThat(user.run("rollback")).isZero();
        assertThat(user.data()).contains("roll pool default back from spark.a=1", "nothing to do");
    }

    @Test
    void rollbackOfAFinishedUpgradeCanBeTakenBack() {
        user.run("upgrade", "--conf", "spark.a=1");
        says(6, RolloutState.DONE, "");

        user.run("rollback");
        assertThat(pool().sparkConf()).isEmpty();
        assertThat(Objects.requireNonNull(rollout().previous()).sparkConf()).containsEntry("spark.a", "1");
        says(0, RolloutState.DONE, "");
        user.run("rollback");

        assertThat(pool().sparkConf()).containsEntry("spark.a", "1");
        assertThat(pool().revision()).isEqualTo(6);
    }

    @Test
    void rollbackKeepsTheSizeOfToday() {
        user.run("upgrade", "--conf", "spark.a=1");
        user.run("scale", "--min", "4");

        user.run("rollback");

        assertThat(pool().minServers()).isEqualTo(4);
    }

    @Test
    void rollbackSaysThatThereIsNothingToGoBackTo() {
        assertThat(user.run("rollback")).isEqualTo(1);
        assertThat(user.talk()).contains("pool default has nothing to go back to");
    }

    private Path anotherSpark() throws IOException {
        Path other = directory.resolve("spark-next");
        Files.createDirectories(other.resolve("bin"));
        Files.createDirectories(other.resolve("jars"));
        Files.createFile(other.resolve("bin/spark-submit")).toFile().setExecutable(true);
        for (String jar :
                new String[] {"spark-core_2.13-4.3.0.jar", "spark-yarn_2.13-4.3.0.jar", "spark-connect_2.13-4.3.0.jar"
                }) {
            Files.createFile(other.resolve("jars").resolve(jar));
        }
        return other;
    }

    private void says(long revision, RolloutState state, String message) {
        user.says(
                spec().generation(),
                new PoolStatus(2, 2, 0, 0, 0, 0, null, new RolloutStatus(revision, state, 2, 2, message)));
    }

    private ServiceSpec spec() {
        return Objects.requireNonNull(user.registry.spec);
    }

    private PoolSpec pool() {
        return Objects.requireNonNull(spec().pools().get("default"));
    }

    private RolloutOrder rollout() {
        return Objects.requireNonNull(pool().rollout());
    }
}
