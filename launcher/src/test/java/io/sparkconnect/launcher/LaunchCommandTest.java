/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.hadoop.io.DataInputByteBuffer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaunchCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
    }

    @Test
    void warnsOfServersThatCannotCountTheirSessionsAndAreGivenUpWithoutADeadline() throws IOException {
        assertThat(user.withSpark35().run("launch")).as(user.talk()).isZero();

        assertThat(user.talk())
                .contains(
                        "warning: pool default: Spark 3.5.7 cannot count its sessions: once a proxy has restarted, a server that is"
                                + " given up drains without end, unless sparkconnect.scaling.in.drain.timeout is set (12h, say)");
    }

    @Test
    void doesNotWarnOfThemWhereThereIsADeadlineOrNoneIsGivenUp() throws IOException {
        user.withSpark35().run("launch", "-Dsparkconnect.scaling.in.drain.timeout=12h");
        user.run("launch", "-Dsparkconnect.servers.min=2", "-Dsparkconnect.servers.max=2");
        user.run("launch", "-Dsparkconnect.scaling.enabled=false");

        assertThat(user.talk()).doesNotContain("cannot count its sessions");
    }

    @Test
    void submitsWhatTheContractPromises() throws IOException {
        int exit = user.run(
                "launch",
                "-Dsparkconnect.service.name=adhoc",
                "-D",
                "sparkconnect.yarn.tags=Team-A",
                "-Dsparkconnect.am.memory=1g");

        assertThat(user.talk()).doesNotContain("error");
        assertThat(exit).isEqualTo(0);
        assertThat(user.data()).isEqualToIgnoringNewLines(FakeYarn.NEW_ID);
        ApplicationSubmissionContext submitted = user.yarn.submitted.get(0);
        assertThat(submitted.getApplicationName()).isEqualTo("adhoc");
        assertThat(submitted.getApplicationType()).isEqualTo(LaunchContract.APPLICATION_TYPE);
        assertThat(submitted.getApplicationTags()).containsExactlyInAnyOrder("sparkconnect-service-adhoc", "team-a");
        assertThat(submitted.getQueue()).isEqualTo("sparkconnect");
        assertThat(submitted.getKeepContainersAcrossApplicationAttempts()).isTrue();
        assertThat(submitted.getMaxAppAttempts()).isEqualTo(20);
        assertThat(submitted.getAttemptFailuresValidityInterval()).isEqualTo(600_000);
        assertThat(submitted.getResource().getMemorySize()).isEqualTo(1024);
        assertThat(submitted.getLogAggregationContext().getRolledLogsIncludePattern())
                .isEqualTo(".*\\.log\\.[0-9]+");
        assertThat(submitted.getAMContainerSpec().getCommands().get(0))
                .startsWith("exec {{JAVA_HOME}}/bin/java -Xmx768m ")
                .contains(" io.sparkconnect.am.ApplicationMaster ");
        Map<String, String> environment = submitted.getAMContainerSpec().getEnvironment();
        assertThat(environment)
                .containsEntry(LaunchContract.ENV_SERVICE, "adhoc")
                .containsEntry(LaunchContract.ENV_ZOOKEEPER_QUORUM, "localhost:2181")
                .containsEntry(LaunchContract.ENV_ZOOKEEPER_ROOT, "/sparkconnect")
                .containsEntry("HADOOP_USER_NAME", System.getProperty("user.name"));
        assertThat(environment.get(LaunchContract.ENV_STAGING)).endsWith("/staging/" + FakeYarn.NEW_ID);
        assertThat(environment.get("CLASSPATH"))
                .startsWith("{{PWD}}/sparkconnect-yarn.jar<CPS>{{HADOOP_CONF_DIR}}<CPS>");
        assertThat(submitted.getAMContainerSpec().getLocalResources()).containsOnlyKeys(LaunchContract.SERVICE_JAR);
    }

    @Test
    void givesTheApplicationMasterASecretOf32BytesThatNoOneElseSees() throws IOException {
        user.run("launch");

        ApplicationSubmissionContext submitted = user.yarn.submitted.get(0);
        Credentials credentials = credentials(submitted.getAMContainerSpec().getTokens());
        byte[] secret = credentials.getSecretKey(new Text(LaunchContract.MASTER_SECRET_ALIAS));
        assertThat(secret).hasSize(32);
        assertThat(submitted.getAMContainerSpec().getEnvironment().toString())
                .doesNotContain(LaunchContract.MASTER_SECRET_ALIAS);
    }

    @Test
    void stagesBothJarsForTheOwnerOnly() throws IOException {
        user.run("launch");

        Path staged = user.staging.resolve(FakeYarn.NEW_ID);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(staged)))
                .isEqualTo("rwx------");
        assertThat(staged.resolve(LaunchContract.SERVICE_JAR)).hasContent("the service jar");
        assertThat(staged.resolve(LaunchContract.AGENT_JAR)).hasContent("the agent jar of the tests");
    }

    @Test
    void writesTheSpecWithTheContainerComputed() throws IOException {
        user.run(
                "launch",
                "-Dsparkconnect.server.memory=5g",
                "-Dsparkconnect.server.conf.spark.executor.memory=4g",
                "-Dsparkconnect.servers.min=1");

        assertThat(user.registry.spec).isNotNull();
        ServiceSpec spec = user.registry.spec;
        assertThat(spec.generation()).isEqualTo(1);
        assertThat(spec.desired()).isEqualTo(DesiredState.RUNNING);
        PoolSpec pool = Objects.requireNonNull(spec.pools().get("default"));
        assertThat(pool.overheadMiB()).isEqualTo(512);
        assertThat(pool.sparkHome()).isEqualTo(user.sparkHome.toString());
        assertThat(pool.sparkConf()).containsExactly(Map.entry("spark.executor.memory", "4g"));
        assertThat(spec.settings()).containsEntry("sparkconnect.server.memory", "5g");
    }

    @Test
    void namesEveryMistakeAtOnceAndTouchesNothing() {
        user.registry.away = true;

        int exit = user.run(
                "launch",
                "-Dsparkconnect.queue=sparkconect",
                "-Dsparkconnect.executors.queue=defualt",
                "-Dsparkconnect.server.memori=2g",
                "-Dsparkconnect.server.memory=64g",
                "-Dsparkconnect.spark.home=/no/such/spark",
                "-Dsparkconnect.servers.max=1",
                "-Dsparkconnect.servers.spare=3",
                "-Dsparkconnect.am.heartbeat=soon");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("sparkconnect.queue: sparkconect (no such queue; did you mean sparkconnect?")
                .contains("sparkconnect.executors.queue: defualt (no such queue; did you mean default?")
                .contains(
                        "sparkconnect.server.memori: unknown setting (did you mean sparkconnect.server.memory? given in -D)")
                .contains(
                        "a server's container of 72089 MiB, 1 vcore is larger than YARN's maximum of 8192 MiB, 8 vcores")
                .contains("sparkconnect.spark.home: /no/such/spark (expected: the absolute path")
                .contains("sparkconnect.servers.max: 1 (expected: at least sparkconnect.servers.min, which is 2)")
                .contains("sparkconnect.servers.spare: 3 (expected: below sparkconnect.servers.max, which is 1)")
                .contains("sparkconnect.am.heartbeat: soon (expected: duration with a unit")
                .contains("ZooKeeper at localhost:2181 (sparkconnect.zookeeper.quorum) does not answer");
        assertThat(user.data()).isEmpty();
        assertNothingWasTouched();
    }

    @Test
    void saysThatYarnOrZooKeeperIsAwayAndWhereItLooked() {
        user.yarn.away = "the ResourceManager (rm:8032) cannot be reached: refused";
        user.registry.away = true;

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .containsOnlyOnce("the ResourceManager (rm:8032) cannot be reached")
                .contains("ZooKeeper at localhost:2181 (sparkconnect.zookeeper.quorum) does not answer");
        assertNothingWasTouched();
    }

    @Test
    void refusesAServiceThatLivesAlready() {
        user.yarn.applications.add(FakeYarn.application("application_1_1", "RUNNING", ""));

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("service sparkconnect is there already: application_1_1 is RUNNING for user ann");
        assertNothingWasTouched();
    }

    @Test
    void replacesWhatADeadApplicationLeftByTheNextGeneration() throws IOException {
        user.run("launch");
        ServiceSpec stale = user.registry.spec;
        assertThat(stale).isNotNull();
        user.yarn.applications.clear();
        user.yarn.applications.add(FakeYarn.application("application_1_1", "KILLED", ""));
        Files.createDirectories(user.staging.resolve("application_1_1"));
        user.yarn.submitted.clear();
        deleteStaged();

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(0);
        assertThat(user.registry.removals)
                .as("its epoch would fence the new ApplicationMaster out")
                .isEqualTo(1);
        assertThat(user.registry.spec).isNotNull();
        assertThat(user.registry.spec.generation()).isEqualTo(2);
        assertThat(user.staging.resolve("application_1_1")).doesNotExist();
    }

    @Test
    void takesEverythingBackWhenYarnRefuses() {
        user.yarn.refusal = "the ResourceManager did not accept the application: no access to queue sparkconnect";

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk()).contains("error: the ResourceManager did not accept the application: no access");
        assertThat(user.registry.spec).isNull();
        assertThat(user.staging.resolve(FakeYarn.NEW_ID)).doesNotExist();
    }

    @Test
    void leavesASpecAloneThatSomebodyElseWroteMeanwhile() {
        FakeRegistry registry = user.registry;
        ServiceSpec theirs = new ServiceSpec(1, "sparkconnect", "bob", DesiredState.RUNNING, 0, Map.of(), Map.of());
        // Read before their create, so that the checks pass.
        user.yarn.applications.add(FakeYarn.application("application_1_1", "KILLED", ""));
        registry.beforeCreate = () -> registry.spec = theirs;

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk()).contains("was launched by somebody else at this moment");
        assertThat(registry.spec).isSameAs(theirs);
        assertThat(user.yarn.submitted).isEmpty();
        assertThat(user.staging.resolve(FakeYarn.NEW_ID)).doesNotExist();
    }

    @Test
    void waitsWithProgressUntilTheServersAreReady() {
        user.meanwhile(() -> user.yarn.applications.set(0, FakeYarn.application(FakeYarn.NEW_ID, "RUNNING", "")))
                .meanwhile(() -> user.registry.status = CommandLineFixture.status(ServiceState.STARTING, 1, ""))
                .meanwhile(() -> user.registry.status = CommandLineFixture.status(ServiceState.READY, 2, ""));

        int exit = user.run("launch", "--wait");

        assertThat(exit).isEqualTo(0);
        assertThat(user.talk())
                .containsSubsequence(
                        "ACCEPTED: waiting for the ApplicationMaster's container",
                        "RUNNING: waiting for the ApplicationMaster's first word",
                        "STARTING: 1 of 2 servers ready; default-1 STARTING for 7s (Spark starts)");
        assertThat(user.data()).contains("READY sparkconnect (2 servers) " + FakeYarn.NEW_ID);
    }

    @Test
    void endsTheWaitWithTheCauseWhenTheApplicationFails() {
        user.meanwhile(() -> user.yarn.applications.set(
                0, FakeYarn.application(FakeYarn.NEW_ID, "FAILED", "AM Container exited with 1: no java")));

        int exit = user.run("launch", "--wait=10m");

        assertThat(exit).isEqualTo(1);
        assertThat(user.talk())
                .contains(FakeYarn.NEW_ID + " is FAILED: AM Container exited with 1: no java")
                .contains("yarn logs -applicationId " + FakeYarn.NEW_ID);
    }

    @Test
    void endsTheWaitWithTheLastStateWhenTimeIsOut() {
        int exit = user.run("launch", "--wait=30s");

        assertThat(exit).isEqualTo(4);
        assertThat(user.talk())
                .contains("not ready within 30s: ACCEPTED: waiting for the ApplicationMaster's container");
        assertThat(user.registry.spec).as("the service goes on starting").isNotNull();
    }

    @Test
    void printsRecordsAsJson() {
        user.meanwhile(() -> user.registry.status = CommandLineFixture.status(ServiceState.READY, 2, ""));

        int exit = user.run("launch", "--wait", "-o", "json");

        assertThat(exit).isEqualTo(0);
        assertThat(user.data()).startsWith("{").contains("\"state\" : \"READY\"");
    }

    @Test
    void namesWhatASparkDistributionLacks() throws IOException {
        Files.delete(user.sparkHome.resolve("jars/spark-connect_2.13-4.3.0.jar"));
        Files.delete(user.sparkHome.resolve("jars/spark-yarn_2.13-4.3.0.jar"));

        int exit = user.run("launch");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("has no jars/spark-connect_*.jar (put spark-connect_2.13-4.3.0.jar there")
                .contains("has no jars/spark-yarn_*.jar");
    }

    @Test
    void takesAnArchiveInPlaceOfAHome() throws IOException {
        user.environment.remove("SPARK_HOME");
        Path archive = Files.createFile(directory.resolve("spark-4.3.0.tgz"));

        int exit = user.run("launch", "-Dsparkconnect.spark.archive=" + archive.toUri());

        assertThat(exit).isEqualTo(0);
        assertThat(user.registry.spec).isNotNull();
        PoolSpec pool = Objects.requireNonNull(user.registry.spec.pools().get("default"));
        assertThat(pool.sparkHome()).isNull();
        assertThat(pool.sparkArchive()).endsWith("/spark-4.3.0.tgz");
    }

    @Test
    void refusesHomeAndArchiveTogetherAndAMissingOfBoth() {
        int both = user.run("launch", "-Dsparkconnect.spark.home=/a", "-Dsparkconnect.spark.archive=/b.tgz");
        user.environment.remove("SPARK_HOME");
        int none = user.run("launch");

        assertThat(List.of(both, none)).containsOnly(2);
        assertThat(user.talk())
                .contains("sparkconnect.spark.home and sparkconnect.spark.archive are both given")
                .contains("no Spark: set sparkconnect.spark.home");
    }

    private void assertNothingWasTouched() {
        assertThat(user.yarn.submitted).isEmpty();
        assertThat(user.registry.spec).isNull();
        assertThat(user.staging).doesNotExist();
    }

    private void deleteStaged() {
        try (Stream<Path> files = Files.walk(user.staging.resolve(FakeYarn.NEW_ID))) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Credentials credentials(ByteBuffer tokens) throws IOException {
        DataInputByteBuffer in = new DataInputByteBuffer();
        in.reset(tokens.duplicate());
        Credentials credentials = new Credentials();
        credentials.readTokenStorageStream(in);
        return credentials;
    }
}
