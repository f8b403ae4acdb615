/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The script that a server's container runs. It takes out of the environment what would make Spark something else than a
 * server, and becomes {@code spark-submit}: a shell in between would swallow signals and exit statuses.
 */
final class ServerScript {
    /** Name of the localised archive's directory in the container. */
    static final String ARCHIVE_LINK = "spark";

    /** Name of the directory for temporary files in the container. */
    static final String TEMPORARY = "tmp";

    /**
     * APPLICATION_WEB_PROXY_BASE is of the outer application and breaks the links of Spark's own page; the others make a
     * Connect client or another Spark of it.
     */
    private static final List<String> LEAKING = List.of(
            "APPLICATION_WEB_PROXY_BASE",
            "CLASSPATH",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "MASTER",
            "PYSPARK_GATEWAY_PORT",
            "PYSPARK_GATEWAY_SECRET",
            "SPARK_API_MODE",
            "SPARK_CONF_DIR",
            "SPARK_CONNECT_MODE_ENABLED",
            "SPARK_ENV_LOADED",
            "SPARK_HOME",
            "SPARK_LOCAL_IP",
            "SPARK_REMOTE",
            "SPARK_SUBMIT_OPTS",
            "SPARK_TESTING");

    /**
     * spark-submit gives executors Spark's Python libraries only for an application that is a Python script; without them
     * no Python UDF runs. First among the options, so that the pool's own word wins.
     */
    private static final List<String> PYTHON_LIBRARIES = List.of(
            "python_libraries=()",
            "if [ -f \"$SPARK_HOME/python/lib/pyspark.zip\" ]; then",
            "  python_libraries=(--conf spark.yarn.isPython=true)",
            "fi");

    private ServerScript() {}

    static String of(ServerContext context) {
        List<String> lines = new ArrayList<>();
        lines.add("#!/usr/bin/env bash");
        lines.add("set -euo pipefail");
        lines.add("unset " + String.join(" ", LEAKING));
        lines.add("mkdir -p " + TEMPORARY);
        lines.add("export TMPDIR=\"$PWD/" + TEMPORARY + "\"");
        new TreeMap<>(context.inherited())
                .forEach((name, value) -> lines.add("[ -n \"${" + name + ":-}\" ] || " + Shell.export(name, value)));
        new TreeMap<>(context.pool().environment()).forEach((name, value) -> lines.add(Shell.export(name, value)));
        ours(context).forEach((name, value) -> lines.add(Shell.export(name, value)));
        String javaHome = context.pool().javaHome();
        if (javaHome != null) {
            lines.add(Shell.export("JAVA_HOME", javaHome));
        }
        lines.addAll(RollingLog.write());
        lines.addAll(findSpark(context));
        lines.addAll(PYTHON_LIBRARIES);
        lines.add("exec \"$SPARK_HOME/bin/spark-submit\" \\");
        lines.add("  ${python_libraries[@]+\"${python_libraries[@]}\"} \\");
        lines.add("  " + String.join(" \\\n  ", SparkArguments.of(context)));
        return String.join("\n", lines) + "\n";
    }

    /**
     * The container's command. YARN puts commands between double quotes into a script of its own, so the text goes there
     * in an alphabet that no shell looks at.
     *
     * @param logDir what stands for the container's log directory
     */
    static String command(ServerContext context, String logDir) {
        String encoded = Base64.getEncoder().encodeToString(of(context).getBytes(StandardCharsets.UTF_8));
        return "echo " + encoded + " | base64 -d > sparkconnect-server.sh && exec /bin/bash sparkconnect-server.sh 1>"
                + logDir + "/stdout 2>" + logDir + "/stderr";
    }

    private static Map<String, String> ours(ServerContext context) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("SPARKCONNECT_SERVER_ID", context.containerId());
        environment.put("SPARKCONNECT_JOIN_URLS", String.join(",", context.joinUrls()));
        environment.put("SPARKCONNECT_NODE_HOST", context.nodeHost());
        environment.put("SPARK_LOCAL_HOSTNAME", context.nodeHost());
        if (!context.hadoopUser().isEmpty()) {
            environment.put("HADOOP_USER_NAME", context.hadoopUser());
        }
        return environment;
    }

    private static List<String> findSpark(ServerContext context) {
        String home = context.pool().sparkHome();
        if (home != null) {
            return List.of(
                    Shell.export("SPARK_HOME", home),
                    "if [ ! -x \"$SPARK_HOME/bin/spark-submit\" ]; then",
                    "  echo \"Error: no $SPARK_HOME/bin/spark-submit on $SPARK_LOCAL_HOSTNAME"
                            + " (sparkconnect.spark.home must be at the same path on every node)\" >&2",
                    "  exit 1",
                    "fi");
        }
        return List.of(
                "SPARK_HOME=",
                "for home in \"$PWD/" + ARCHIVE_LINK + "\" \"$PWD/" + ARCHIVE_LINK + "\"/*; do",
                "  if [ -z \"$SPARK_HOME\" ] && [ -x \"$home/bin/spark-submit\" ]; then SPARK_HOME=$home; fi",
                "done",
                "if [ -z \"$SPARK_HOME\" ]; then",
                "  echo 'Error: sparkconnect.spark.archive holds no bin/spark-submit, neither at its top nor one"
                        + " directory below' >&2",
                "  exit 1",
                "fi",
                "export SPARK_HOME");
    }
}
