/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A Spark Connect server as somebody starts it by hand: no YARN, no agent. Its event log, which every Spark from 3.5 on has, tells
 * the sessions that were made there, for whatever reason.
 */
final class RealSparkServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(90);
    private static final Pattern STARTED = Pattern.compile("Spark Connect server started at: .*:(\\d+)");
    private static final Pattern SESSION =
            Pattern.compile("SparkListenerConnectSessionStarted\",\"sessionId\":\"([^\"]+)\"");

    private final Process process;
    private final Path log;
    private final Path events;

    private RealSparkServer(Process process, Path log, Path events) {
        this.process = process;
        this.log = log;
        this.events = events;
    }

    /**
     * Returns at once.
     *
     * @param directory its own, for all that it writes
     * @param more arguments of {@code spark-submit}
     */
    static RealSparkServer start(Path sparkHome, Path directory, String... more) throws IOException {
        Path log = Files.createDirectories(directory).resolve("server.log");
        Path events = Files.createDirectories(directory.resolve("events"));
        List<String> command = new ArrayList<>(List.of(
                sparkHome.resolve("bin/spark-submit").toString(),
                "--master",
                "local[1]",
                "--driver-memory",
                "512m",
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.connect.grpc.binding.port=0",
                "--conf",
                "spark.eventLog.enabled=true",
                "--conf",
                "spark.eventLog.compress=false",
                "--conf",
                "spark.eventLog.dir=" + events.toUri(),
                "--class",
                "org.apache.spark.sql.connect.service.SparkConnectServer"));
        command.addAll(List.of(more));
        command.add("spark-internal");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(key -> key.startsWith("SPARK_") || key.startsWith("PYTHON"));
        builder.environment().put("SPARK_HOME", sparkHome.toString());
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        return new RealSparkServer(builder.start(), log, events);
    }

    /** Waits until it listens. */
    int port() throws IOException {
        Awaitility.await("a Spark Connect server listens")
                .atMost(START)
                .until(() -> STARTED.matcher(log()).find() || !process.isAlive());
        Matcher started = STARTED.matcher(log());
        if (!started.find()) {
            throw new IllegalStateException("the Spark Connect server does not listen: " + log());
        }
        return Integer.parseInt(started.group(1));
    }

    String log() throws IOException {
        return Files.readString(log, UTF_8);
    }

    /** Ids of all sessions that it has made until now; its event log may lag behind by an instant. */
    List<String> sessions() throws IOException {
        List<String> sessions = new ArrayList<>();
        try (Stream<Path> files = Files.walk(events)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().endsWith(".crc"))
                    .toList()) {
                Matcher session = SESSION.matcher(Files.readString(file, UTF_8));
                while (session.find()) {
                    sessions.add(session.group(1));
                }
            }
        }
        return sessions;
    }

    @Override
    public void close() throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroy);
        Child.end(process, Duration.ofSeconds(10));
    }
}
