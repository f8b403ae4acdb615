/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.registry.LaunchContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.yarn.api.ApplicationConstants.Environment;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ContainerId;

/**
 * What the launcher and YARN put into this process's environment.
 *
 * @param nodeHost this node's name as others resolve it
 * @param user who runs the application, as YARN knows them
 * @param staging qualified URI of the staging directory
 * @param inherited what servers get where their nodes give none
 */
record AttemptEnvironment(
        String service,
        String zookeeperQuorum,
        String zookeeperRoot,
        String staging,
        ApplicationAttemptId attempt,
        String nodeHost,
        String user,
        Map<String, String> inherited) {
    private static final List<String> PASSED_ON = List.of("HADOOP_CONF_DIR", "YARN_CONF_DIR", "JAVA_HOME");

    /** @throws IllegalArgumentException naming every variable that is missing */
    static AttemptEnvironment from(Map<String, String> environment) {
        List<String> missing = new ArrayList<>();
        for (String name : List.of(
                LaunchContract.ENV_SERVICE,
                LaunchContract.ENV_ZOOKEEPER_QUORUM,
                LaunchContract.ENV_ZOOKEEPER_ROOT,
                LaunchContract.ENV_STAGING,
                Environment.CONTAINER_ID.name(),
                Environment.NM_HOST.name(),
                Environment.USER.name())) {
            if (environment.getOrDefault(name, "").isBlank()) {
                missing.add(name);
            }
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("environment variables are not set: " + String.join(", ", missing)
                    + " (expected: to be started by YARN for the launcher)");
        }
        Map<String, String> inherited = new TreeMap<>();
        for (String name : PASSED_ON) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                inherited.put(name, value);
            }
        }
        return new AttemptEnvironment(
                get(environment, LaunchContract.ENV_SERVICE),
                get(environment, LaunchContract.ENV_ZOOKEEPER_QUORUM),
                get(environment, LaunchContract.ENV_ZOOKEEPER_ROOT),
                get(environment, LaunchContract.ENV_STAGING),
                ContainerId.fromString(get(environment, Environment.CONTAINER_ID.name()))
                        .getApplicationAttemptId(),
                get(environment, Environment.NM_HOST.name()),
                get(environment, Environment.USER.name()),
                Map.copyOf(inherited));
    }

    private static String get(Map<String, String> environment, String name) {
        return environment.getOrDefault(name, "");
    }
}
