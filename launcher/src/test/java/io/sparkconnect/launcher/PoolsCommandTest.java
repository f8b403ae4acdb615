/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.UserRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services of several pools. */
class PoolsCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;
    private Path oldSpark;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
        oldSpark = directory.resolve("spark-3.5");
        Files.createDirectories(oldSpark.resolve("bin"));
        Files.createDirectories(oldSpark.resolve("jars"));
        Files.createFile(oldSpark.resolve("bin/spark-submit")).toFile().setExecutable(true);
        for (String jar :
                List.of("spark-core_2.12-3.5.7.jar", "spark-yarn_2.12-3.5.7.jar", "spark-connect_2.12-3.5.7.jar")) {
            Files.createFile(oldSpark.resolve("jars").resolve(jar));
        }
    }

    @Test
    void launchesPoolsThatDifferInWhatIsTheirOwn() {
        int exit = launch("-Dsparkconnect.pool.etl.users=etl-*,nightly");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("etl").minServers()).isEqualTo(1);
        assertThat(pool("etl").maxServers()).isEqualTo(3);
        assertThat(pool("etl").sparkHome()).isEqualTo(oldSpark.toString());
        assertThat(pool("default").minServers()).isEqualTo(2);
        assertThat(pool("default").sparkHome()).isEqualTo(user.sparkHome.toString());
        assertThat(spec().routing())
                .isEqualTo(new PoolRouting(
                        "default", List.of(new UserRule("nightly", "etl"), new UserRule("etl-*", "etl"))));
    }

    @Test
    void saysHowManyServersEachPoolHasWhenAllAreReady() {
        user.meanwhile(() -> says(1, Map.of("default", 2, "etl", 1)));

        int exit = launch("--wait");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.data()).contains("READY sparkconnect (3 servers: 2 in default, 1 in etl) ");
    }

    @Test
    void refusesAllThatIsWrongWithPoolsAtOnce() throws IOException {
        Files.delete(oldSpark.resolve("jars/spark-connect_2.12-3.5.7.jar"));

        int exit = launch(
                "-Dsparkconnect.pool.etll.servers.max=3",
                "-Dsparkconnect.pool.etl.servers.maxx=3",
                "-Dsparkconnect.pool.etl.queue=other",
                "-Dsparkconnect.pool.etl.executors.queue=nowhere",
                "-Dsparkconnect.pool.etl.server.memory=100g",
                "-Dsparkconnect.pools.default=elt");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("sparkconnect.pool.etll.servers.max: there is no pool etll (did you mean etl?")
                .contains("did you mean sparkconnect.pool.etl.servers.max?")
                .contains("which is in one queue, sparkconnect.queue")
                .contains("sparkconnect.pool.etl.executors.queue: nowhere (no such queue")
                .contains("a server's container of pool etl of")
                .contains("lower sparkconnect.pool.etl.server.memory (heap)")
                .contains("sparkconnect.pools.default: there is no pool elt (did you mean etl?")
                .contains("sparkconnect.pool.etl.spark.home: " + oldSpark + " has no jars/spark-connect_*.jar");
        assertThat(user.registry.spec).isNull();
    }

    @Test
    void weighsAllPoolsTogetherAgainstTheQueue() {
        int exit = launch("-Dsparkconnect.pool.etl.server.memory=3g", "-Dsparkconnect.pool.etl.servers.min=1");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(user.talk())
                .contains(
                        "warning: queue sparkconnect may grow to 6553 MiB (40 % of 16384 MiB): not room for all servers"
                                + " that are to be kept (2 of 1408 MiB in pool default, 1 of 3456 MiB in pool etl: 6272 MiB beside"
                                + " the ApplicationMaster); some will wait");
    }

    @Test
    void setsWhatOnePoolHasOfItsOwn() {
        launch();
        PoolSpec standard = pool("default");

        int exit = user.run("set", "sparkconnect.pool.etl.servers.max=5", "sparkconnect.pool.etl.server.memory=2g");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("etl").maxServers()).isEqualTo(5);
        assertThat(pool("etl").driverMemoryMiB()).isEqualTo(2048);
        assertThat(Objects.requireNonNull(pool("etl").rollout()).previous()).isNotNull();
        assertThat(pool("default")).isEqualTo(standard);
        assertThat(user.data())
                .contains("bring that to the servers of pool etl one by one")
                .doesNotContain("servers of pool default");
    }

    @Test
    void waitsForEveryPoolThatASettingOfTheServiceStartsAnew() {
        launch();
        says(1, Map.of("default", 2, "etl", 1));

        int exit = user.run("set", "sparkconnect.server.env.TZ=UTC", "--wait=3s");

        assertThat(exit).isEqualTo(4);
        assertThat(pool("default").rollout()).isNotNull();
        assertThat(pool("etl").rollout()).isNotNull();
    }

    @Test
    void changesWhoGoesWhereWithoutAnyServerStartedAnew() {
        launch();

        int exit = user.run("set", "sparkconnect.pool.etl.users=ann", "sparkconnect.pools.default=etl");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(spec().routing()).isEqualTo(new PoolRouting("etl", List.of(new UserRule("ann", "etl"))));
        assertThat(pool("etl").rollout()).isNull();
        assertThat(pool("default").rollout()).isNull();
    }

    @Test
    void addsAPoolToARunningService() {
        launch();

        int exit = user.run(
                "set",
                "sparkconnect.pools=etl,adhoc",
                "sparkconnect.pool.adhoc.servers.min=0",
                "sparkconnect.pool.adhoc.spark.home=" + oldSpark);

        assertThat(exit).as(user.talk()).isZero();
        assertThat(pool("adhoc").minServers()).isZero();
        assertThat(pool("adhoc").sparkHome()).isEqualTo(oldSpark.toString());
        assertThat(user.data()).contains("add pool adhoc: 0 to 10 servers of 1408 MiB, Spark at " + oldSpark);
        assertThat(user.run("set", "sparkconnect.pool.adhoc.spark.home=/elsewhere"))
                .isEqualTo(2);
        assertThat(user.talk()).contains("use `upgrade --pool adhoc --spark-home`");
    }

    @Test
    void aNewPoolHasTheServicesSparkUnlessItNamesOne() {
        launch();

        user.environment.remove("SPARK_HOME");
        user.run("set", "sparkconnect.pools=etl,adhoc");

        assertThat(pool("adhoc").sparkHome()).isEqualTo(user.sparkHome.toString());
        assertThat(user.run("set", "sparkconnect.pools=etl,adhoc,third", "sparkconnect.pool.third.spark.home=/no/such"))
                .isEqualTo(2);
        assertThat(user.talk()).contains("sparkconnect.pool.third.spark.home: /no/such (expected: the absolute path");
    }

    @Test
    void removesAPoolWithAllThatWasSetOfItAndWaitsForItsServersToEnd() {
        launch("-Dsparkconnect.pool.etl.users=ann");
        says(1, Map.of("default", 2, "etl", 1));
        user.meanwhile(() -> says(2, Map.of("default", 2, "etl", 1)));
        user.meanwhile(() -> says(2, Map.of("default", 2)));

        int exit = user.run("set", "sparkconnect.pools=", "--wait");

        assertThat(exit).as(user.talk()).isZero();
        assertThat(spec().pools()).containsOnlyKeys("default");
        assertThat(spec().routing()).isEqualTo(new PoolRouting("default", List.of()));
        assertThat(spec().settings().keySet()).noneMatch(key -> key.startsWith("sparkconnect.pool."));
        assertThat(user.talk()).contains("the servers of pool etl to end");
        assertThat(user.data()).contains("remove pool etl: its servers take no new sessions", "pool etl is gone");
    }

    @Test
    void refusesToRemoveThePoolThatIsTheDefaultOne() {
        launch("-Dsparkconnect.pools.default=etl");

        assertThat(user.run("set", "--unset", "sparkconnect.pools")).isEqualTo(2);

        assertThat(user.talk()).contains("sparkconnect.pools.default: there is no pool etl");
        assertThat(spec().pools()).containsOnlyKeys("default", "etl");
    }

    @Test
    void aPoolsScaleOutlastsLaterSettings() {
        launch();

        user.run("scale", "--pool", "etl", "--max", "7");
        user.run("scale", "--pool", "default", "--min", "1", "--max", "4");
        user.run("set", "sparkconnect.drain.timeout=9m");

        assertThat(pool("etl").maxServers()).isEqualTo(7);
        assertThat(pool("etl").minServers()).isEqualTo(1);
        assertThat(pool("default").maxServers()).isEqualTo(4);
        assertThat(pool("default").minServers()).isEqualTo(1);
        user.run("set", "sparkconnect.servers.max=9");
        assertThat(user.talk())
                .contains(
                        "warning: sparkconnect.servers.max does not hold where sparkconnect.pool.default.servers.max is"
                                + " set");
    }

    @Test
    void anUpgradeOfOnePoolIsNothingToTheOthersThenAndLater() throws IOException {
        launch("-Dsparkconnect.server.conf.spark.executor.memory=2g");
        says(1, Map.of("default", 2, "etl", 1));

        user.run(
                "upgrade",
                "--pool",
                "default",
                "--spark-home",
                oldSpark.toString(),
                "--conf",
                "spark.executor.memory=4g");
        user.run("upgrade", "--pool", "etl", "--remove-conf", "spark.executor.memory");
        user.run("set", "sparkconnect.drain.timeout=9m");

        assertThat(pool("default").sparkHome()).isEqualTo(oldSpark.toString());
        assertThat(pool("default").sparkConf()).containsExactly(Map.entry("spark.executor.memory", "4g"));
        assertThat(pool("etl").sparkConf()).isEmpty();
        assertThat(pool("etl").sparkHome()).isEqualTo(oldSpark.toString());
        user.run("set", "sparkconnect.pools=etl,adhoc");
        assertThat(pool("adhoc").sparkConf()).containsExactly(Map.entry("spark.executor.memory", "2g"));
        assertThat(pool("adhoc").sparkHome())
                .as("the service's, not that of the default pool")
                .isEqualTo(user.sparkHome.toString());
    }

    @Test
    void showsOnlyWhatConcernsOnePool() {
        launch();
        user.run("set", "sparkconnect.pool.etl.servers.max=2");
        user.run("scale", "--pool", "default", "--max", "9");
        says(1, Map.of("default", 2, "etl", 1));
        user.registry.sessions.add(new SessionBinding("ann", "s-1", "c1", 0, 0, "etl"));
        user.registry.sessions.add(new SessionBinding("bob", "s-2", "c2", 0, 0, "default"));
        int before = user.data().length();

        user.run("status", "--pool", "etl");
        user.run("events", "--pool", "etl");
        user.run("sessions", "--pool", "etl", "-o", "wide");

        assertThat(user.data().substring(before))
                .contains("pool etl: 1 to 2 servers", "sparkconnect.pool.etl.servers.max=2")
                .containsPattern("ann +s-1 .* etl +c1")
                .doesNotContain("pool default", "bob");
        for (String command : List.of("status", "events", "sessions")) {
            assertThat(user.run(command, "--pool", "elt")).as(command).isEqualTo(3);
        }
        assertThat(user.talk()).contains("no pool elt (did you mean etl? there are: default, etl)");
    }

    private int launch(String... more) {
        List<String> words = new ArrayList<>(List.of(
                "launch",
                "-Dsparkconnect.pools=etl",
                "-Dsparkconnect.pool.etl.servers.min=1",
                "-Dsparkconnect.pool.etl.servers.max=3",
                "-Dsparkconnect.pool.etl.spark.home=" + oldSpark));
        words.addAll(List.of(more));
        return user.run(words.toArray(String[]::new));
    }

    private void says(long generation, Map<String, Integer> readyByPool) {
        Map<String, PoolStatus> pools = new HashMap<>();
        readyByPool.forEach((pool, ready) -> pools.put(pool, new PoolStatus(ready, ready, 0, 0, 0, 0, null)));
        user.registry.status = new ServiceStatus(
                FakeYarn.NEW_ID,
                1,
                null,
                generation,
                ServiceState.READY,
                "",
                990_000,
                999_000,
                pools,
                List.of(),
                List.of(),
                null);
    }

    private ServiceSpec spec() {
        return Objects.requireNonNull(user.registry.spec);
    }

    private PoolSpec pool(String name) {
        return Objects.requireNonNull(spec().pools().get(name), name);
    }
}
