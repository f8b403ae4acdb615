/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A {@code yarn} that reaches the sandbox, for machines without Hadoop: so that commands can be typed as the pages have them. */
final class YarnCommand {
    private YarnCommand() {}

    /**
     * @param bin directory for the PATH; made where it is missing
     * @param conf the sandbox's configuration
     * @param temporary where its JVM keeps temporary files
     * @return the directory for the PATH
     */
    static Path in(Path bin, Path conf, Path temporary) throws IOException {
        List<String> classPath = new ArrayList<>(List.of(conf.toString()));
        classPath.addAll(ClassPathJars.hadoop());
        Files.createDirectories(bin);
        Path script = bin.resolve("yarn");
        Files.writeString(script, """
                #!/usr/bin/env bash
                # yarn jar JAR ARGUMENTS…, against the sandbox.
                if [[ "${1:-}" != jar ]]; then
                  echo "error: yarn ${1:-} (expected: yarn jar …; the sandbox's yarn knows no more)" >&2
                  exit 2
                fi
                shift
                export HADOOP_CLIENT_SKIP_UNJAR=true
                exec '%s' -cp '%s' org.apache.hadoop.util.RunJar "$@"
                """.formatted(
                        String.join("' '", Child.java(temporary, "256m")), String.join(File.pathSeparator, classPath)));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin;
    }
}
