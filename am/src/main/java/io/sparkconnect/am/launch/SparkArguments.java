/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.PoolSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The arguments of {@code spark-submit}: the pool's own configuration first, and what the service must decide over it. */
final class SparkArguments {
    private static final String MAIN_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer";
    private static final String AGENT_PLUGIN = "io.sparkconnect.agent.SparkConnectAgentPlugin";

    /** Given as options of their own, or decided by the way in which servers run. */
    private static final Set<String> NEVER_FROM_THE_POOL = Set.of(
            "spark.master",
            "spark.remote",
            "spark.api.mode",
            "spark.submit.deployMode",
            "spark.driver.memory",
            "spark.driver.extraClassPath",
            DriverOptions.KEY,
            "spark.jars");

    private SparkArguments() {}

    /** As they stand in the script: quoted, with the few words among them that the shell must expand. */
    static List<String> of(ServerContext context) {
        PoolSpec pool = context.pool();
        List<String> words = new ArrayList<>();
        option(words, "--master", "yarn");
        option(words, "--deploy-mode", "client");
        option(words, "--class", MAIN_CLASS);
        option(words, "--driver-memory", pool.driverMemoryMiB() + "m");
        // The driver needs the agent before user jars are fetched; executors load each plugin's class as well.
        words.add("--driver-class-path");
        words.add(agentJarThen(":", pool.sparkConf().get("spark.driver.extraClassPath")));
        words.add("--jars");
        words.add(agentJarThen(",", pool.sparkConf().get("spark.jars")));
        configuration(context).forEach((key, value) -> option(words, "--conf", key + "=" + value));
        words.add("--conf");
        words.add(DriverOptions.word(pool.sparkConf()));
        words.add(Shell.quote("spark-internal"));
        return words;
    }

    static Map<String, String> configuration(ServerContext context) {
        PoolSpec pool = context.pool();
        Map<String, String> conf = new TreeMap<>(pool.sparkConf());
        conf.keySet().removeAll(NEVER_FROM_THE_POOL);
        String home = pool.sparkHome();
        if (home != null && !conf.containsKey("spark.yarn.jars") && !conf.containsKey("spark.yarn.archive")) {
            // Else each start uploads some 300 MB.
            conf.put("spark.yarn.jars", "local:" + home + "/jars/*");
        }
        conf.put("spark.app.name", context.service() + "/" + context.slot());
        conf.put("spark.yarn.queue", pool.executorsQueue());
        conf.put("spark.yarn.tags", tags(context, conf.get("spark.yarn.tags")));
        conf.put("spark.yarn.am.clientModeExitOnError", "true");
        conf.put("spark.plugins", appended(conf.get("spark.plugins"), AGENT_PLUGIN));
        conf.put("spark.connect.grpc.binding.port", "0");
        conf.put("spark.ui.port", "0");
        conf.put("spark.driver.host", context.nodeHost());
        conf.put("spark.driver.port", "0");
        conf.put("spark.driver.blockManager.port", "0");
        String javaHome = pool.javaHome();
        if (javaHome != null) {
            conf.putIfAbsent("spark.yarn.appMasterEnv.JAVA_HOME", javaHome);
            conf.putIfAbsent("spark.executorEnv.JAVA_HOME", javaHome);
        }
        return conf;
    }

    private static String tags(ServerContext context, @Nullable String own) {
        Set<String> tags = new LinkedHashSet<>();
        tags.add(LaunchContract.serviceTag(context.service()));
        tags.add(LaunchContract.serverTag(context.containerId()));
        if (own != null) {
            tags.addAll(List.of(own.split("\\s*,\\s*")));
        }
        tags.remove("");
        return String.join(",", tags);
    }

    private static String appended(@Nullable String list, String element) {
        return list == null || list.isBlank() ? element : list + "," + element;
    }

    private static String agentJarThen(String separator, @Nullable String own) {
        String agent = "\"$PWD/" + LaunchContract.AGENT_JAR + "\"";
        return own == null || own.isBlank() ? agent : agent + Shell.quote(separator + own);
    }

    private static void option(List<String> words, String name, String value) {
        words.add(name);
        words.add(Shell.quote(value));
    }
}
