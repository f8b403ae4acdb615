/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The jars of this process that stand in for a Hadoop installation: what containers and commands get as class path. */
final class ClassPathJars {
    private static final List<String> HADOOP = List.of(
            "hadoop-client-api-",
            "hadoop-client-runtime-",
            "slf4j-api-",
            "slf4j-reload4j-",
            "reload4j-",
            "commons-logging-");

    private ClassPathJars() {}

    static List<String> hadoop() {
        List<String> found = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> HADOOP.stream()
                        .anyMatch(
                                name -> Path.of(entry).getFileName().toString().startsWith(name)))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .toList();
        if (found.stream().noneMatch(entry -> entry.contains("hadoop-client-api-"))) {
            throw new IllegalStateException("no hadoop-client-api on the class path (expected: one jar per entry, as"
                    + " scripts/sandbox.sh and Maven give it): " + System.getProperty("java.class.path"));
        }
        return found;
    }
}
