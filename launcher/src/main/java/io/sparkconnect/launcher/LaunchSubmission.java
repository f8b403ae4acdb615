/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.yarn.api.ApplicationConstants;
import org.apache.hadoop.yarn.api.ApplicationConstants.Environment;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.LogAggregationContext;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceRequest;
import org.apache.hadoop.yarn.api.records.URL;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.util.Records;

/** Fills in the application that YARN is asked to run: what {@link LaunchContract} promises the ApplicationMaster. */
final class LaunchSubmission {
    private static final String LOG_CONFIGURATION = "io/sparkconnect/launcher/am-log4j.properties";

    /** Only files that log rotation has left behind: YARN deletes what it has uploaded. */
    private static final String ROTATED_LOGS = ".*\\.log\\.[0-9]+";

    private static final int LEAST_HEAP_MIB = 128;

    private final Settings settings;
    private final Configuration conf;

    LaunchSubmission(Settings settings, Configuration conf) {
        this.settings = settings;
        this.conf = conf;
    }

    /**
     * @param context as YARN gave it, with its id
     * @param serviceJar staged
     * @param user who owns the service; takes effect where Hadoop knows no authentication
     * @param credentials secrets and tokens
     * @param secure whether Hadoop's security is on
     */
    void fill(
            ApplicationSubmissionContext context,
            FileStatus serviceJar,
            String user,
            Credentials credentials,
            boolean secure)
            throws IOException {
        String service = settings.get(ServiceSettings.SERVICE_NAME);
        Path staging = serviceJar.getPath().getParent();
        context.setApplicationName(service);
        context.setApplicationType(LaunchContract.APPLICATION_TYPE);
        context.setApplicationTags(tags());
        context.setQueue(settings.get(ServiceSettings.QUEUE));
        context.setKeepContainersAcrossApplicationAttempts(true);
        context.setMaxAppAttempts(settings.get(ServiceSettings.AM_MAX_ATTEMPTS));
        context.setAttemptFailuresValidityInterval(
                settings.get(ServiceSettings.AM_ATTEMPTS_VALIDITY).toMillis());
        LogAggregationContext logs = Records.newRecord(LogAggregationContext.class);
        logs.setRolledLogsIncludePattern(ROTATED_LOGS);
        context.setLogAggregationContext(logs);
        askForContainer(context);
        context.setAMContainerSpec(ContainerLaunchContext.newInstance(
                Map.of(LaunchContract.SERVICE_JAR, resource(serviceJar)),
                environment(staging, user, secure),
                List.of(command()),
                null,
                serialize(credentials),
                null));
    }

    Set<String> tags() {
        Set<String> tags = new LinkedHashSet<>();
        tags.add(LaunchContract.serviceTag(settings.get(ServiceSettings.SERVICE_NAME)));
        settings.get(ServiceSettings.YARN_TAGS).forEach(tag -> tags.add(tag.toLowerCase(Locale.ROOT)));
        return tags;
    }

    Map<String, String> environment(Path staging, String user, boolean secure) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put(LaunchContract.ENV_SERVICE, settings.get(ServiceSettings.SERVICE_NAME));
        environment.put(LaunchContract.ENV_ZOOKEEPER_QUORUM, settings.get(ServiceSettings.ZOOKEEPER_QUORUM));
        environment.put(LaunchContract.ENV_ZOOKEEPER_ROOT, settings.get(ServiceSettings.ZOOKEEPER_ROOT));
        environment.put(LaunchContract.ENV_STAGING, staging.toString());
        environment.put(Environment.CLASSPATH.name(), classPath());
        settings.get(ServiceSettings.AM_JAVA_HOME)
                .ifPresent(home -> environment.put(Environment.JAVA_HOME.name(), home));
        if (!secure) {
            environment.put("HADOOP_USER_NAME", user);
        }
        return environment;
    }

    /** Our jar first (it is relocated, so nothing of Hadoop's is hidden), then the node's own Hadoop. */
    private String classPath() {
        List<String> entries = new ArrayList<>();
        entries.add(Environment.PWD.$$() + "/" + LaunchContract.SERVICE_JAR);
        entries.add(Environment.HADOOP_CONF_DIR.$$());
        for (String entry : conf.getTrimmedStrings(
                YarnConfiguration.YARN_APPLICATION_CLASSPATH,
                YarnConfiguration.DEFAULT_YARN_CROSS_PLATFORM_APPLICATION_CLASSPATH)) {
            entries.add(entry);
        }
        return String.join(ApplicationConstants.CLASS_PATH_SEPARATOR, entries);
    }

    String command() {
        int heap = Math.max(LEAST_HEAP_MIB, settings.get(ServiceSettings.AM_MEMORY) * 3 / 4);
        // exec: a shell in between would swallow signals and exit codes.
        List<String> words = new ArrayList<>(List.of(
                "exec",
                Environment.JAVA_HOME.$$() + "/bin/java",
                "-Xmx" + heap + "m",
                "-XX:+ExitOnOutOfMemoryError",
                "-Dlog4j.configuration=" + LOG_CONFIGURATION,
                "-Dsparkconnect.log.dir=" + ApplicationConstants.LOG_DIR_EXPANSION_VAR));
        String further = settings.get(ServiceSettings.AM_JAVA_OPTS);
        if (!further.isBlank()) {
            words.add(further);
        }
        words.add(LaunchContract.APPLICATION_MASTER_CLASS);
        words.add("1>" + ApplicationConstants.LOG_DIR_EXPANSION_VAR + "/stdout");
        words.add("2>" + ApplicationConstants.LOG_DIR_EXPANSION_VAR + "/stderr");
        return String.join(" ", words);
    }

    private void askForContainer(ApplicationSubmissionContext context) {
        Resource size =
                Resource.newInstance(settings.get(ServiceSettings.AM_MEMORY), settings.get(ServiceSettings.AM_VCORES));
        context.setResource(size);
        settings.get(ServiceSettings.AM_NODE_LABEL).ifPresent(label -> {
            ResourceRequest request =
                    ResourceRequest.newInstance(Priority.newInstance(0), ResourceRequest.ANY, size, 1, true, label);
            context.setAMContainerResourceRequests(List.of(request));
        });
    }

    private static LocalResource resource(FileStatus file) {
        return LocalResource.newInstance(
                URL.fromPath(file.getPath()),
                LocalResourceType.FILE,
                LocalResourceVisibility.APPLICATION,
                file.getLen(),
                file.getModificationTime());
    }

    private static ByteBuffer serialize(Credentials credentials) throws IOException {
        DataOutputBuffer out = new DataOutputBuffer();
        credentials.writeTokenStorageToStream(out);
        return ByteBuffer.wrap(out.getData(), 0, out.getLength());
    }
}
