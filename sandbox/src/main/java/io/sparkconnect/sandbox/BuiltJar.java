/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds what the build of a module has made. */
final class BuiltJar {
    private BuiltJar() {}

    /** @throws IllegalStateException when there is none, or more than one version of it */
    static Path in(Path directory, String artifact) {
        Pattern name = Pattern.compile(Pattern.quote(artifact) + "-\\d[^/]*(?<!-tests|-sources|-javadoc)\\.jar");
        List<Path> found = List.of();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                found = files.filter(file ->
                                name.matcher(file.getFileName().toString()).matches())
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        if (found.size() != 1) {
            throw new IllegalStateException(directory + ": " + found.size() + " jars called " + artifact
                    + "-<version>.jar (expected: one; build with `mvn package -DskipTests`, or `mvn clean` first)");
        }
        return found.get(0);
    }
}
