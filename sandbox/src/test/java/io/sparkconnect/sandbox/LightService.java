/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sparkconnect.am.fixture.LightSpark;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import io.sparkconnect.registry.zookeeper.ZooKeeperSessionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * Another service in the sandbox's YARN, whose servers are light ones in place of Spark: ready a second after their container
 * has started. Commands are typed into a shell, as the pages print them, and reach this service.
 */
final class LightService implements AutoCloseable {
    static final String NAME = "light";

    private static final Duration A_COMMAND = Duration.ofMinutes(6);

    private final SandboxCluster cluster;
    private final Path project;
    private final Path directory;
    private final Path fates;
    private final Path conf;

    private LightService(SandboxCluster cluster, Path project, Path directory) {
        this.cluster = cluster;
        this.project = project;
        this.directory = directory;
        this.fates = directory.resolve("fates");
        this.conf = directory.resolve("conf");
    }

    /** Nothing is launched yet. */
    static LightService beside(SandboxCluster cluster, Path project) throws IOException {
        LightService service =
                new LightService(cluster, project, Files.createTempDirectory("sparkconnect-light-service"));
        Files.createDirectories(service.fates);
        Files.createDirectories(service.conf);
        Path spark = LightSpark.in(service.directory.resolve("spark"));
        Path jars = Files.createDirectories(spark.resolve("jars"));
        for (String part : List.of("core", "yarn", "connect")) {
            Files.createFile(jars.resolve("spark-" + part + "_2.13-4.3.0.jar"));
        }
        SiteFile.write(service.conf.resolve("sparkconnect-site.xml"), service.settings(spark));
        return service;
    }

    private Map<String, String> settings(Path spark) {
        Configuration sandbox = new Configuration(false);
        sandbox.addResource(new org.apache.hadoop.fs.Path(
                cluster.confDirectory().resolve("sparkconnect-site.xml").toUri()));
        Map<String, String> settings = new TreeMap<>();
        sandbox.forEach(entry -> settings.put(entry.getKey(), entry.getValue()));
        settings.keySet().removeIf(key -> key.startsWith("sparkconnect.server.conf."));
        settings.put("sparkconnect.service.name", NAME);
        settings.put("sparkconnect.spark.home", spark.toString());
        settings.put("sparkconnect.servers.min", "1");
        settings.put("sparkconnect.servers.max", "2");
        settings.put(
                "sparkconnect.staging.dir", directory.resolve("staging").toUri().toString());
        settings.put("sparkconnect.am.memory", "512m");
        settings.put("sparkconnect.server.memory", "256m");
        settings.put("sparkconnect.server.memory.overhead", "128m");
        settings.put("sparkconnect.server.env.LIGHT_SERVER_DIR", fates.toString());
        settings.put("sparkconnect.drain.timeout", "5s");
        settings.put("sparkconnect.rollout.failures", "1");
        return settings;
    }

    /** Every server that starts from now on fails. */
    void failStarts(boolean now) throws IOException {
        if (now) {
            Files.createFile(fates.resolve("crash"));
        } else {
            Files.delete(fates.resolve("crash"));
        }
    }

    /** A directory of Sparks, each of these names the light one, beside the Connect jar that Spark 3.5 comes without. */
    Path sparksBelow(String... names) throws IOException {
        Path opt = Files.createDirectories(directory.resolve("opt"));
        for (String name : names) {
            Files.createSymbolicLink(opt.resolve(name), directory.resolve("spark"));
        }
        Files.createFile(opt.resolve("spark-connect_2.12-3.5.7.jar"));
        return opt;
    }

    /** As a proxy would bind it. */
    void bind(SessionBinding session) throws Exception {
        RegistryPaths paths = RegistryPaths.of("/sparkconnect", NAME);
        try (ZooKeeperConnection connection = ZooKeeperConnection.open(
                        cluster.zooKeeperQuorum(), Duration.ofSeconds(30), Duration.ofSeconds(20));
                ZooKeeperSessionTable table = new ZooKeeperSessionTable(connection, paths, Duration.ofSeconds(20))) {
            connection.awaitConnected(Duration.ofSeconds(20));
            table.bindIfAbsent(session).get(30, TimeUnit.SECONDS);
        }
    }

    /** Types a line into a shell in the project's directory. */
    LauncherRun type(String line) throws IOException, InterruptedException {
        Path data = Files.createTempFile(directory, "data", ".txt");
        Path talk = Files.createTempFile(directory, "talk", ".txt");
        ProcessBuilder shell = new ProcessBuilder("bash", "-c", line)
                .directory(project.toFile())
                .redirectOutput(data.toFile())
                .redirectError(talk.toFile());
        Map<String, String> environment = shell.environment();
        environment.keySet().removeIf(key -> key.startsWith("SPARK") || key.startsWith("HADOOP"));
        environment.put("PATH", cluster.commands() + ":" + environment.get("PATH"));
        environment.put("SPARKCONNECT_CONF_DIR", conf.toString());
        environment.put("HOME", directory.toString());
        Process process = shell.start();
        process.getOutputStream().close();
        if (!process.waitFor(A_COMMAND.toMillis(), TimeUnit.MILLISECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError(line + " did not end within " + A_COMMAND + ":\n" + Files.readString(talk, UTF_8));
        }
        return new LauncherRun(process.exitValue(), Files.readString(data, UTF_8), Files.readString(talk, UTF_8));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        type("scripts/sparkconnect.sh stop --now");
        SandboxLogs.delete(directory);
    }
}
