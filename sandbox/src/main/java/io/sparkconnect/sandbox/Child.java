/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs a JVM beside this one. */
final class Child {
    private Child() {}

    /** The command of a Java that runs as this one does, its temporary files in a directory of the sandbox's. */
    static List<String> java(Path temporary, String heap) {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary));
    }

    /** Runs to its end; lines of standard error are given out as they come. */
    static LauncherRun run(List<String> command, Path directory, Consumer<String> talk)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        // RunJar would unpack some 5,000 classes first, which takes a minute on a slow disk.
        builder.environment().put("HADOOP_CLIENT_SKIP_UNJAR", "true");
        Process process = builder.start();
        process.getOutputStream().close();
        List<String> said = new ArrayList<>();
        Thread listener = new Thread(
                () -> lines(process.errorReader(StandardCharsets.UTF_8), line -> {
                    said.add(line);
                    talk.accept(line);
                }),
                "launcher-stderr");
        listener.start();
        String data = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        listener.join();
        return new LauncherRun(exitCode, data, String.join(System.lineSeparator(), said));
    }

    /** Ends a process: asked first, then made to. */
    static void end(Process process, Duration grace) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            process.waitFor();
        }
    }

    private static void lines(BufferedReader reader, Consumer<String> each) {
        try (BufferedReader open = new BufferedReader(reader)) {
            for (String line = open.readLine(); line != null; line = open.readLine()) {
                each.accept(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
