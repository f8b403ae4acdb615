/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The JVM options of a server's driver: the pool's own, and ours where the pool says nothing on the matter.
 *
 * <ul>
 *   <li>A driver that runs out of heap in some thread loses that thread and limps on: it ends instead, with status 3.
 *   <li>What the JVM says of its own end goes to stderr, whose last lines YARN hands on.
 *   <li>Temporary files lie in the container's directory, which YARN removes with it; the node's {@code /tmp} would keep
 *       those of every driver that was killed.
 * </ul>
 */
final class DriverOptions {
    static final String KEY = "spark.driver.extraJavaOptions";
    private static final String DEFAULTS_KEY = "spark.driver.defaultJavaOptions";
    private static final Pattern OUT_OF_MEMORY =
            Pattern.compile("-XX:[+-]?(ExitOnOutOfMemoryError|CrashOnOutOfMemoryError|OnOutOfMemoryError=)");

    private DriverOptions() {}

    /** As one word of the script, in which the shell expands the container's directory. */
    static String word(Map<String, String> conf) {
        String own = conf.getOrDefault(KEY, "").strip();
        String said = own + " " + conf.getOrDefault(DEFAULTS_KEY, "");
        List<String> options = new ArrayList<>();
        if (!own.isEmpty()) {
            options.add(own);
        }
        if (!OUT_OF_MEMORY.matcher(said).find()) {
            options.add("-XX:+ExitOnOutOfMemoryError");
        }
        if (!said.contains("DisplayVMOutput")) {
            options.add("-XX:+DisplayVMOutputToStderr");
        }
        String quoted = Shell.quote(KEY + "=" + String.join(" ", options));
        return said.contains("-Djava.io.tmpdir=")
                ? quoted
                : quoted + Shell.quote(" -Djava.io.tmpdir=") + "\"$PWD/" + ServerScript.TEMPORARY + "\"";
    }
}
