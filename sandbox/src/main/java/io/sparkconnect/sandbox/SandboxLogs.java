/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Files of the sandbox: kept after a failure, gone otherwise. */
final class SandboxLogs {
    private SandboxLogs() {}

    static void copy(Path from, Path to) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        for (Path file : regularFiles(from)) {
            copyFile(file, to.resolve(from.relativize(file).toString()));
        }
    }

    /** Only logs: a container's working directory may hold gigabytes. */
    static void copyContainerLogs(Path yarnDirectory, Path to) throws IOException {
        if (!Files.isDirectory(yarnDirectory)) {
            return;
        }
        for (Path file : regularFiles(yarnDirectory)) {
            String path = yarnDirectory.relativize(file).toString();
            int application = path.indexOf("/application_");
            if (path.contains("-logDir-") && application >= 0) {
                copyFile(file, to.resolve(path.substring(application + 1)));
            }
        }
    }

    /** Tries again for a while: a process that is just ending may still write. */
    static void delete(Path directory) throws IOException, InterruptedException {
        Deadline deadline = Deadline.in(Duration.ofSeconds(10));
        while (Files.exists(directory)) {
            try {
                deleteTree(directory);
            } catch (IOException | UncheckedIOException e) {
                if (deadline.isOver()) {
                    throw new IOException("cannot delete " + directory + ": " + e.getMessage(), e);
                }
                Thread.sleep(200);
            }
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(directory)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }

    private static void copyFile(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    private static List<Path> regularFiles(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }
}
