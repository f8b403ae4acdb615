/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One run of a scenario of {@code scenarios.py} in a Python process of its own: real PySpark against a URL. The script
 * says what it saw in JSON lines, and exits non-zero when an expectation of its own failed.
 */
final class PythonScenario implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final Process process;
    private final BufferedWriter stdin;
    private final LinkedBlockingQueue<String> unread = new LinkedBlockingQueue<>();
    private final List<String> transcript = new ArrayList<>();
    private final Thread reader;

    private PythonScenario(String name, Process process) {
        this.name = name;
        this.process = process;
        this.stdin = process.outputWriter(UTF_8);
        this.reader = new Thread(this::readAll, "scenario-" + name);
        reader.setDaemon(true);
        reader.start();
    }

    static PythonScenario start(Path python, Path script, String name, String url, String... arguments) {
        List<String> command = new ArrayList<>(List.of(python.toString(), "-u", script.toString(), name, url));
        command.addAll(List.of(arguments));
        return start(name, command, Map.of());
    }

    static PythonScenario start(String name, List<String> command, Map<String, String> environment) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(key -> key.startsWith("SPARK_"));
            builder.environment().putAll(environment);
            return new PythonScenario(name, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    /** Waits for the JSON line whose {@code event} is this, skipping others. */
    JsonNode await(String event, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            String line = next(deadline);
            if (line == null) {
                throw new AssertionError(
                        "scenario " + name + " did not say " + event + " within " + within + "; it said:\n" + said());
            }
            JsonNode json = parse(line);
            if (json != null && event.equals(json.path("event").asText())) {
                return json;
            }
        }
    }

    /** Sends a line to a script that waits for one. */
    void tell(String line) {
        try {
            stdin.write(line + "\n");
            stdin.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("scenario " + name + " is gone; it said:\n" + said(), e);
        }
    }

    /** Waits for the end and demands success; yields every JSON line that it said. */
    List<JsonNode> succeed(Duration within) {
        try {
            if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("scenario " + name + " still runs after " + within + "; it said:\n" + said());
            }
            reader.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while scenario " + name + " ran", e);
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(
                    "scenario " + name + " ended with " + process.exitValue() + "; it said:\n" + said());
        }
        synchronized (transcript) {
            return transcript.stream()
                    .map(PythonScenario::parse)
                    .filter(java.util.Objects::nonNull)
                    .toList();
        }
    }

    private String said() {
        synchronized (transcript) {
            return String.join("\n", transcript);
        }
    }

    private @Nullable String next(long deadlineNanos) {
        try {
            while (true) {
                String line = unread.poll(100, TimeUnit.MILLISECONDS);
                if (line != null) {
                    return line;
                }
                if (System.nanoTime() > deadlineNanos || (!reader.isAlive() && unread.isEmpty())) {
                    return null;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private void readAll() {
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            String line = lines.readLine();
            while (line != null) {
                synchronized (transcript) {
                    transcript.add(line);
                }
                unread.add(line);
                line = lines.readLine();
            }
        } catch (IOException e) {
            synchronized (transcript) {
                transcript.add("(its output broke off: " + e.getMessage() + ")");
            }
        }
    }

    private static @Nullable JsonNode parse(String line) {
        if (!line.startsWith("{")) {
            return null;
        }
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
