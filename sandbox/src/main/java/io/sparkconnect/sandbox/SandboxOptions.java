/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What kind of sandbox.
 *
 * @param projectHome root of the project, for the jars that it built
 * @param directory of its own; is deleted at the end
 * @param sparkHome a Spark distribution with Connect and YARN
 * @param python interpreter for the executors' Python workers; null for the PATH's
 * @param port of the proxy; 0 for a free one
 * @param servers Spark Connect servers to keep
 * @param settings further {@code sparkconnect.*} keys; win over the sandbox's own
 */
public record SandboxOptions(
        Path projectHome,
        Path directory,
        Path sparkHome,
        @Nullable Path python,
        int port,
        int servers,
        Map<String, String> settings) {
    public SandboxOptions {
        settings = Map.copyOf(settings);
    }

    /** Where the logs of all processes go when something fails. */
    Path keptLogs() {
        return projectHome.resolve(".build/sandbox-logs");
    }

    Path confDirectory() {
        return directory.resolve("conf");
    }

    Path launcherJar() {
        return BuiltJar.in(projectHome.resolve("launcher/target"), "sparkconnect-yarn");
    }

    Path proxyJar() {
        return BuiltJar.in(projectHome.resolve("proxy/target"), "sparkconnect-proxy");
    }
}
