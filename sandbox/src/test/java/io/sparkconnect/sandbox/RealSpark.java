/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The Spark distribution and the Python client that the build has installed below {@code .build/}.
 *
 * @param projectHome root of the project
 * @param python interpreter that has {@code pyspark[connect]}
 * @param sparkHome the distribution in it
 */
record RealSpark(Path projectHome, Path python, Path sparkHome) {
    static RealSpark ofTheBuild() throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("sandbox.home"));
        Path python = home.resolve(".build/venv/bin/python");
        if (!Files.isExecutable(python)) {
            throw new IllegalStateException(
                    python + " is not there (expected: the build has run scripts/lib/python-env.sh)");
        }
        Process where = new ProcessBuilder(
                        python.toString(), "-c", "import os, pyspark; print(os.path.dirname(pyspark.__file__))")
                .start();
        String sparkHome = new String(where.getInputStream().readAllBytes(), UTF_8).trim();
        if (where.waitFor() != 0) {
            throw new IllegalStateException(
                    python + " has no pyspark (expected: scripts/lib/python-env.sh installed it)");
        }
        return new RealSpark(home, python, Path.of(sparkHome));
    }

    Path scenarios() {
        return projectHome.resolve("sandbox/src/test/python/scenarios.py");
    }
}
