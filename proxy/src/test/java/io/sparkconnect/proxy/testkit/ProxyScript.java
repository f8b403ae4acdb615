/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code scripts/sparkconnect-proxy.sh} with the jar of the build, its files in a directory of the test. */
public final class ProxyScript implements AutoCloseable {
    private static final Path SCRIPT =
            Path.of("..", "scripts", "sparkconnect-proxy.sh").toAbsolutePath().normalize();
    private static final long PATIENCE_SECONDS = 180;

    private final Path directory;
    private final Path jar;

    /** What it did. */
    public record Run(int exitCode, String output) {}

    public ProxyScript(Path directory, Path jar) {
        this.directory = directory;
        this.jar = jar;
    }

    public Run run(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(words));
        Path output = Files.createTempFile(directory, "script", ".out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("SPARKCONNECT_CONF_DIR", directory.toString());
        builder.environment().put("SPARKCONNECT_LOG_DIR", directory.toString());
        builder.environment().put("SPARKCONNECT_PROXY_JAR", jar.toString());
        builder.environment().put("SPARKCONNECT_PROXY_HEAP", "96m");
        builder.environment().put("SPARKCONNECT_PROXY_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(command + " did not end: " + Files.readString(output));
        }
        return new Run(process.exitValue(), Files.readString(output, UTF_8));
    }

    /** The process that serves. */
    public ProcessHandle proxy() throws IOException {
        String pid =
                Files.readString(directory.resolve("sparkconnect-proxy.pid")).trim();
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    public String log() throws IOException {
        return Files.readString(directory.resolve("sparkconnect-proxy.log"));
    }

    /** A port that was free just now. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        run("stop");
    }
}
