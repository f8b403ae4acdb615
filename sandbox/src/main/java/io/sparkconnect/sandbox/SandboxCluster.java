/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.jspecify.annotations.Nullable;

/**
 * ZooKeeper, YARN and a proxy on this machine, and the real command line to launch the service into them. Start, use and
 * stop it on one thread; the questions about processes may be asked on any. One at a time in a JVM.
 */
public final class SandboxCluster implements AutoCloseable {
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    private final SandboxOptions options;
    private final Narrator narrator;
    private final ProcessLedger processes = new ProcessLedger();
    private final int port;
    private @Nullable MiniZooKeeper zooKeeper;
    private @Nullable MiniYarn yarn;
    private @Nullable ProxyProcess proxy;
    private boolean launched;

    private SandboxCluster(SandboxOptions options, Narrator narrator, int port) {
        this.options = options;
        this.narrator = narrator;
        this.port = port;
    }

    /**
     * Starts everything but the service.
     *
     * @throws PortTakenException before anything is started, when the proxy's port is in use
     */
    public static SandboxCluster start(SandboxOptions options, Narrator narrator)
            throws IOException, InterruptedException {
        SandboxCluster cluster = new SandboxCluster(options, narrator, freePort(options.port()));
        boolean started = false;
        try {
            cluster.start();
            started = true;
            return cluster;
        } finally {
            if (!started) {
                cluster.keepLogs(options.keptLogs());
                cluster.close();
            }
        }
    }

    private void start() throws IOException, InterruptedException {
        options.launcherJar();
        options.proxyJar();
        for (String directory : List.of("conf", "tmp", "logs", "staging", "spark-staging", "zookeeper", "yarn")) {
            Files.createDirectories(options.directory().resolve(directory));
        }
        processes.start();
        narrator.step("starting ZooKeeper");
        zooKeeper = MiniZooKeeper.start(options.directory().resolve("zookeeper"));
        narrator.step("starting YARN: a ResourceManager and " + MiniYarn.NODES + " NodeManagers (8 GiB each)");
        yarn = MiniYarn.start(options.directory().resolve("yarn"), options.confDirectory());
        writeConfiguration(yarn, zooKeeper);
        narrator.step("starting the proxy");
        proxy = ProxyProcess.start(options, port);
        narrator.done();
    }

    private void writeConfiguration(MiniYarn started, MiniZooKeeper registry) throws IOException {
        Path conf = options.confDirectory();
        SiteFile.write(conf.resolve("yarn-site.xml"), started.clientConfiguration());
        SiteFile.write(conf.resolve("core-site.xml"), Map.of("fs.defaultFS", "file:///"));
        SiteFile.write(conf.resolve("sparkconnect-site.xml"), settings(registry));
        Files.writeString(conf.resolve("log4j.properties"), LOG4J);
        YarnCommand.in(commands(), conf, options.directory().resolve("tmp"));
    }

    private Map<String, String> settings(MiniZooKeeper registry) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("sparkconnect.zookeeper.quorum", registry.quorum());
        settings.put("sparkconnect.spark.home", options.sparkHome().toString());
        settings.put("sparkconnect.am.java.home", System.getProperty("java.home"));
        settings.put("sparkconnect.server.java.home", System.getProperty("java.home"));
        settings.put("sparkconnect.servers.min", Integer.toString(options.servers()));
        settings.put("sparkconnect.servers.max", Integer.toString(Math.max(4, options.servers())));
        settings.put(
                "sparkconnect.staging.dir",
                options.directory().resolve("staging").toUri().toString());
        settings.put("sparkconnect.proxy.listen", "127.0.0.1:" + port);
        settings.put("sparkconnect.proxy.admin.listen", "127.0.0.1:0");
        settings.put("sparkconnect.proxy.advertised.address", "localhost:" + port);
        Map<String, String> spark = new LinkedHashMap<>();
        spark.put(
                "spark.yarn.stagingDir",
                options.directory().resolve("spark-staging").toUri().toString());
        spark.put("spark.executor.instances", "1");
        spark.put("spark.executor.cores", "1");
        spark.put("spark.executor.memory", "512m");
        spark.put("spark.yarn.am.memory", "512m");
        spark.put("spark.sql.shuffle.partitions", "2");
        // Spark 4.3.0 may end a driver whose YARN application is registered while its UI starts
        // (ConcurrentModificationException in Jetty). It would be replaced, but a first try should not see that.
        spark.put("spark.ui.enabled", "false");
        if (options.python() != null) {
            // Python UDFs: executors run what the server's environment names.
            settings.put(
                    "sparkconnect.server.env.PYSPARK_PYTHON", options.python().toString());
        }
        spark.forEach((key, value) -> settings.put("sparkconnect.server.conf." + key, value));
        settings.putAll(options.settings());
        return settings;
    }

    /** Runs {@code launch --wait} and shows its progress. */
    public LauncherRun launchService() throws IOException, InterruptedException {
        launched = true;
        return launcher(narrator::say, "launch", "--wait=10m");
    }

    /** Runs a command of the real jar through Hadoop's RunJar, as {@code yarn jar} does. */
    public LauncherRun launcher(String... arguments) throws IOException, InterruptedException {
        launched |= arguments.length > 0 && arguments[0].equals("launch");
        return launcher(line -> {}, arguments);
    }

    private LauncherRun launcher(Consumer<String> talk, String... arguments) throws IOException, InterruptedException {
        List<String> classPath = new ArrayList<>();
        classPath.add(options.confDirectory().toString());
        classPath.addAll(ClassPathJars.hadoop());
        List<String> command = Child.java(options.directory().resolve("tmp"), "256m");
        command.addAll(List.of(
                "-cp",
                String.join(File.pathSeparator, classPath),
                "org.apache.hadoop.util.RunJar",
                options.launcherJar().toString()));
        command.addAll(List.of(arguments));
        return Child.run(command, options.directory(), talk);
    }

    /** What PySpark's {@code SparkSession.builder.remote} takes. */
    public String clientUrl() {
        return "sc://localhost:" + port;
    }

    public int port() {
        return port;
    }

    /** Has yarn-site.xml, core-site.xml and sparkconnect-site.xml. */
    public Path confDirectory() {
        return options.confDirectory();
    }

    /** Where the containers write stdout and stderr, one directory per application and container. */
    public Path yarnDirectory() {
        return yarn().workDirectory();
    }

    /** Has a {@code yarn} that reaches this cluster: a directory for the PATH. */
    public Path commands() {
        return options.directory().resolve("bin");
    }

    public String zooKeeperQuorum() {
        if (zooKeeper == null) {
            throw new IllegalStateException("the sandbox is not running");
        }
        return zooKeeper.quorum();
    }

    public MiniYARNCluster yarnCluster() {
        return yarn().cluster();
    }

    /** Living Spark Connect server processes by their container id, which is the server id. */
    public Map<String, ProcessHandle> drivers() {
        Map<String, ProcessHandle> byServer = new TreeMap<>();
        for (ProcessHandle handle : processes.alive(words -> isJava(words)
                && words.contains("org.apache.spark.deploy.SparkSubmit")
                && words.contains("org.apache.spark.sql.connect.service.SparkConnectServer"))) {
            ProcessLedger.environment(handle, "CONTAINER_ID").ifPresent(id -> byServer.put(id, handle));
        }
        return byServer;
    }

    /** Living ApplicationMasters of the service: one, or two for a moment. */
    public List<ProcessHandle> applicationMasters() {
        return processes.alive(words -> isJava(words) && words.contains("io.sparkconnect.am.ApplicationMaster"));
    }

    /** Every living process that this one has started, directly or not. */
    public List<ProcessHandle> allProcesses() {
        return processes.alive(any -> true);
    }

    /** The proxy's process. */
    public ProcessHandle proxyProcess() {
        if (proxy == null) {
            throw new IllegalStateException("the sandbox is not running");
        }
        return proxy.handle();
    }

    /** Copies what the processes wrote, for a look after a failure. */
    public void keepLogs(Path target) throws IOException {
        SandboxLogs.copy(options.directory().resolve("logs"), target);
        SandboxLogs.copyContainerLogs(options.directory().resolve("yarn"), target.resolve("containers"));
        narrator.say("logs of all processes are in " + target);
    }

    /** Stops the service with the real command, then everything else; leaves no process, port or file behind. */
    @Override
    public void close() throws IOException, InterruptedException {
        if (launched && yarn != null) {
            narrator.step("stopping the service");
            LauncherRun stop = launcher(narrator::say, "stop", "--now");
            if (!stop.data().isBlank()) {
                narrator.say(stop.data().strip());
            }
            if (stop.exitCode() != 0 && stop.exitCode() != 3) {
                narrator.say("stop ended with exit code " + stop.exitCode() + "; its processes are ended now");
            }
            launched = false;
        }
        if (proxy != null) {
            narrator.step("stopping the proxy");
            proxy.close();
        }
        if (yarn != null) {
            narrator.step("stopping YARN");
            yarn.close();
        }
        if (zooKeeper != null) {
            narrator.step("stopping ZooKeeper");
            zooKeeper.close();
        }
        narrator.done();
        int swept = processes.sweep(STOP_GRACE);
        if (swept > 0) {
            narrator.say("ended " + swept + " processes that were left");
        }
        processes.close();
        SandboxLogs.delete(options.directory());
    }

    private MiniYarn yarn() {
        if (yarn == null) {
            throw new IllegalStateException("the sandbox is not running");
        }
        return yarn;
    }

    private static boolean isJava(List<String> words) {
        return words.get(0).endsWith("/java");
    }

    private static int freePort(int wanted) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new PortTakenException(wanted, e);
        }
    }

    private static final String LOG4J = """
            log4j.rootLogger=WARN, stderr
            log4j.appender.stderr=org.apache.log4j.ConsoleAppender
            log4j.appender.stderr.Target=System.err
            log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
            log4j.appender.stderr.layout.ConversionPattern=%d{ISO8601} %-5p [%t] %c{1} - %m%n
            """;

    /** Another process listens there. */
    public static final class PortTakenException extends IOException {
        PortTakenException(int port, IOException cause) {
            super(
                    "port " + port
                            + " is taken on this machine (give another one with --port, or end what listens there)",
                    cause);
        }
    }
}
