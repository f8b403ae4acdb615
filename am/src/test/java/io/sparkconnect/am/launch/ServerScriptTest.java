/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.registry.PoolSpec;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script as bash runs it, with a spark-submit that tells what it got. */
class ServerScriptTest {
    private static final String CONTAINER = "container_1_0001_01_000002";

    @TempDir
    Path container;

    @Test
    void givesSparkExactlyTheConfigurationOfThePool() throws Exception {
        String odd = "it's \"quoted\" $HOME `pwd` \\ * ; & | <x> \t é";
        fakeSpark(container.resolve("home"));

        String output =
                run(pool(container.resolve("home").toString(), null, Map.of("spark.odd", odd), Map.of()), Map.of());

        assertThat(output).contains("arg:spark.odd=" + odd + "\n");
    }

    @Test
    void ourChoicesWinOverThePoolsAndItsListsAreKept() throws Exception {
        fakeSpark(container.resolve("home"));
        Map<String, String> conf = Map.of(
                "spark.master", "local[*]",
                "spark.yarn.queue", "elsewhere",
                "spark.ui.port", "4040",
                "spark.plugins", "org.example.Plugin",
                "spark.yarn.tags", "mine",
                "spark.jars", "hdfs:///a.jar",
                "spark.driver.extraClassPath", "/opt/more/*",
                "spark.driver.extraJavaOptions", "-Dx=1");

        String output = run(pool(container.resolve("home").toString(), null, conf, Map.of()), Map.of());

        assertThat(output)
                .doesNotContain("local[*]", "elsewhere", "4040")
                .contains(
                        "arg:spark.yarn.queue=default\n",
                        "arg:spark.ui.port=0\n",
                        "arg:spark.plugins=org.example.Plugin,io.sparkconnect.agent.SparkConnectAgentPlugin\n",
                        "arg:spark.yarn.tags=sparkconnect-service-svc,sparkconnect-server-" + CONTAINER + ",mine\n",
                        "arg:spark.driver.extraJavaOptions=-Dx=1 -XX:+ExitOnOutOfMemoryError"
                                + " -XX:+DisplayVMOutputToStderr -Djava.io.tmpdir=" + container + "/tmp\n",
                        "/sparkconnect-agent.jar,hdfs:///a.jar\n",
                        "/sparkconnect-agent.jar:/opt/more/*\n",
                        "arg:spark.yarn.jars=local:" + container.resolve("home") + "/jars/*\n");
    }

    @Test
    void leavesWhatAJvmDoesAtItsEndAndWhereItsFilesLieToAPoolThatSaysIt() throws Exception {
        fakeSpark(container.resolve("home"));
        Map<String, String> conf = Map.of(
                "spark.driver.extraJavaOptions", "-XX:OnOutOfMemoryError='kill -9 %p' -Djava.io.tmpdir=/mnt/tmp");
        Map<String, String> dumps = Map.of("spark.driver.extraJavaOptions", "-XX:+HeapDumpOnOutOfMemoryError");

        assertThat(run(pool(container.resolve("home").toString(), null, conf, Map.of()), Map.of()))
                .contains("arg:spark.driver.extraJavaOptions=-XX:OnOutOfMemoryError='kill -9 %p'"
                        + " -Djava.io.tmpdir=/mnt/tmp -XX:+DisplayVMOutputToStderr\n");
        assertThat(run(pool(container.resolve("home").toString(), null, dumps, Map.of()), Map.of()))
                .contains("-XX:+HeapDumpOnOutOfMemoryError -XX:+ExitOnOutOfMemoryError");
    }

    @Test
    void keepsTemporaryFilesInTheContainer() throws Exception {
        fakeSpark(container.resolve("home"));

        String output = run(pool(container.resolve("home").toString(), null, Map.of(), Map.of()), Map.of());

        assertThat(output).contains("env:TMPDIR=" + container + "/tmp\n");
        assertThat(container.resolve("tmp")).isDirectory();
    }

    @Test
    void givesExecutorsSparksPythonLibrariesWhereSparkHasThemAndThePoolDoesNotForbidIt() throws Exception {
        Path home = container.resolve("home");
        fakeSpark(home);
        PoolSpec pool = pool(home.toString(), null, Map.of(), Map.of());
        String without = run(pool, Map.of());
        Files.createDirectories(home.resolve("python/lib"));
        Files.writeString(home.resolve("python/lib/pyspark.zip"), "");

        String with = run(pool, Map.of());
        String forbidden = run(pool(home.toString(), null, Map.of("spark.yarn.isPython", "false"), Map.of()), Map.of());

        assertThat(without).doesNotContain("spark.yarn.isPython");
        assertThat(with).contains("arg:spark.yarn.isPython=true\n");
        assertThat(forbidden.lastIndexOf("arg:spark.yarn.isPython=false"))
                .as("the last one wins")
                .isGreaterThan(forbidden.indexOf("arg:spark.yarn.isPython=true"));
    }

    @Test
    void laysALogConfigurationWithAnEndIntoTheContainer() throws Exception {
        fakeSpark(container.resolve("home"));
        Path logs = container.resolve("logs");

        String output = run(
                pool(container.resolve("home").toString(), null, Map.of(), Map.of()),
                Map.of("LOG_DIRS", logs + ",/mnt2/logs"));

        assertThat(output)
                .contains("env:SPARKCONNECT_LOG_DIR=" + logs + "\n")
                .as("only where the pool asks for it")
                .doesNotContain("log4j2.configurationFile");
        Properties log4j = new Properties();
        try (Reader file = Files.newBufferedReader(container.resolve("sparkconnect-log4j2.properties"))) {
            log4j.load(file);
        }
        assertThat(log4j)
                .containsEntry("appender.file.type", "RollingFile")
                .containsEntry("appender.file.fileName", "${env:SPARKCONNECT_LOG_DIR}/spark.log")
                .as("what YARN collects while the service runs: LaunchSubmission's pattern")
                .containsEntry("appender.file.filePattern", "${env:SPARKCONNECT_LOG_DIR}/spark.log.%i")
                .containsEntry("appender.file.policies.size.size", "64MB")
                .containsEntry("appender.file.strategy.max", "8")
                .as("for the death certificate")
                .containsEntry("appender.stderr.target", "SYSTEM_ERR");
    }

    @Test
    void leavesSparksJarsToWhoSetThem() throws Exception {
        fakeSpark(container.resolve("home"));

        String output = run(
                pool(
                        container.resolve("home").toString(),
                        null,
                        Map.of("spark.yarn.archive", "hdfs:///s.zip"),
                        Map.of()),
                Map.of());

        assertThat(output).doesNotContain("spark.yarn.jars");
    }

    @Test
    void cleansTheEnvironmentAndAddsThePools() throws Exception {
        fakeSpark(container.resolve("home"));
        Map<String, String> leaking =
                Map.of("SPARK_REMOTE", "sc://x", "APPLICATION_WEB_PROXY_BASE", "/proxy/y", "CLASSPATH", "z");

        String output = run(
                pool(container.resolve("home").toString(), null, Map.of(), Map.of("MY_VARIABLE", "a 'b'")), leaking);

        assertThat(output)
                .doesNotContain("env:SPARK_REMOTE", "env:APPLICATION_WEB_PROXY_BASE", "env:CLASSPATH")
                .contains(
                        "env:MY_VARIABLE=a 'b'\n",
                        "env:SPARK_LOCAL_HOSTNAME=node-1\n",
                        "env:SPARKCONNECT_SERVER_ID=" + CONTAINER + "\n",
                        "env:SPARKCONNECT_JOIN_URLS=http://am:1,http://rm:8088/proxy/a\n",
                        "env:HADOOP_USER_NAME=ana\n");
    }

    @Test
    void keepsWhatTheNodeSaysOverWhatTheApplicationMasterInherited() throws Exception {
        fakeSpark(container.resolve("home"));
        PoolSpec pool = pool(container.resolve("home").toString(), null, Map.of(), Map.of());

        assertThat(run(pool, Map.of())).contains("env:HADOOP_CONF_DIR=/etc/hadoop/am\n");
        assertThat(run(pool, Map.of("HADOOP_CONF_DIR", "/etc/hadoop/node")))
                .contains("env:HADOOP_CONF_DIR=/etc/hadoop/node\n");
    }

    @Test
    void findsSparkInAnArchiveWithOneTopDirectory() throws Exception {
        fakeSpark(container.resolve("spark/spark-4.1.0-bin-hadoop3"));

        String output = run(pool(null, "hdfs:///spark.tgz", Map.of(), Map.of()), Map.of());

        assertThat(output).contains("env:SPARK_HOME=" + container.resolve("spark/spark-4.1.0-bin-hadoop3") + "\n");
    }

    @Test
    void saysWhereSparkShouldHaveBeen() throws Exception {
        String output = run(pool("/no/such/spark", null, Map.of(), Map.of()), Map.of());

        assertThat(output).contains("Error: no /no/such/spark/bin/spark-submit on node-1", "sparkconnect.spark.home");
    }

    @Test
    void refusesAVariableThatNoShellCanExport() {
        PoolSpec pool = pool("/spark", null, Map.of(), Map.of("a; rm -rf", "x"));

        assertThatThrownBy(() -> ServerScript.of(context(pool)))
                .hasMessageContaining("a; rm -rf")
                .hasMessageContaining("sparkconnect.server.env");
    }

    @Test
    void theCommandHoldsNothingThatAShellWouldExpand() {
        String command = ServerScript.command(
                context(pool("/spark", null, Map.of("spark.x", "\"$(reboot)\""), Map.of())), "<LOG_DIR>");

        assertThat(command).doesNotContain("\"", "$", "`", "\\");
    }

    private static void fakeSpark(Path home) throws IOException {
        Path submit = Files.createDirectories(home.resolve("bin")).resolve("spark-submit");
        Files.writeString(
                submit,
                "#!/usr/bin/env bash\nfor a in \"$@\"; do printf 'arg:%s\\n' \"$a\"; done\nenv | sed 's/^/env:/'\n");
        Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static PoolSpec pool(
            @Nullable String home,
            @Nullable String archive,
            Map<String, String> conf,
            Map<String, String> environment) {
        return PoolSpec.builder("default")
                .servers(1, 2)
                .spark(home, archive)
                .sparkConf(conf)
                .environment(environment)
                .build();
    }

    private static ServerContext context(PoolSpec pool) {
        return new ServerContext(
                "svc",
                "default-0",
                CONTAINER,
                "node-1",
                pool,
                List.of("http://am:1", "http://rm:8088/proxy/a"),
                Map.of("HADOOP_CONF_DIR", "/etc/hadoop/am"),
                "ana");
    }

    /** Runs the container's command as YARN's own script does; yields both outputs. */
    private String run(PoolSpec pool, Map<String, String> environment) throws Exception {
        String command = ServerScript.command(context(pool), container.toString());
        Files.writeString(container.resolve("launch_container.sh"), "exec /bin/bash -c \"" + command + "\"\n");
        ProcessBuilder builder = new ProcessBuilder("/bin/bash", "launch_container.sh").directory(container.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("HADOOP") || name.startsWith("SPARK"));
        builder.environment().putAll(new HashMap<>(environment));
        builder.start().waitFor();
        return Files.readString(container.resolve("stdout"), StandardCharsets.UTF_8)
                + Files.readString(container.resolve("stderr"), StandardCharsets.UTF_8);
    }
}
