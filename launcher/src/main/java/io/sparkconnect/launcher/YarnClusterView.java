/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.LaunchContract;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.yarn.api.protocolrecords.GetApplicationsRequest;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ApplicationSubmissionContext;
import org.apache.hadoop.yarn.api.records.ApplicationTimeout;
import org.apache.hadoop.yarn.api.records.ApplicationTimeoutType;
import org.apache.hadoop.yarn.api.records.NodeLabel;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.QueueConfigurations;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueState;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.Token;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.client.api.YarnClientApplication;
import org.apache.hadoop.yarn.exceptions.ApplicationNotFoundException;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;

/** The real YARN, through its client. */
final class YarnClusterView implements ClusterView {
    private static final String EVERY_LABEL = "*";
    private final YarnClient client;
    private final String resourceManager;
    private final Clock clock;

    /** Asked for once: its answer also tells the most that a container may have. */
    private @Nullable YarnClientApplication created;

    private YarnClusterView(YarnClient client, String resourceManager, Clock clock) {
        this.client = client;
        this.resourceManager = resourceManager;
        this.clock = clock;
    }

    static YarnClusterView connect(Configuration conf, Clock clock) {
        YarnClient client = YarnClient.createYarnClient();
        client.init(conf);
        client.start();
        String address = conf.get("yarn.resourcemanager.address", "");
        return new YarnClusterView(
                client, address.isBlank() ? "the ResourceManager" : "the ResourceManager (" + address + ")", clock);
    }

    @Override
    public ApplicationSubmissionContext newApplication() throws IOException {
        return ask("give a new application", () -> created().getApplicationSubmissionContext());
    }

    @Override
    public void submit(ApplicationSubmissionContext context) throws IOException {
        ask("accept the application", () -> client.submitApplication(context));
    }

    @Override
    public Token delegationToken(String renewer) throws IOException {
        return ask("give a delegation token", () -> client.getRMDelegationToken(new Text(renewer)));
    }

    @Override
    public Capacity capacity() throws IOException {
        return ask("show its nodes", () -> {
            List<Node> nodes = new ArrayList<>();
            for (NodeReport report : client.getNodeReports(NodeState.RUNNING)) {
                Set<String> labels = report.getNodeLabels();
                nodes.add(new Node(
                        report.getNodeId().toString(),
                        size(report.getCapability()),
                        labels == null ? List.of() : List.copyOf(labels)));
            }
            Resource most = created().getNewApplicationResponse().getMaximumResourceCapability();
            return new Capacity(size(most), List.copyOf(nodes));
        });
    }

    @Override
    public List<Queue> queues() throws IOException {
        return ask("show its queues", () -> {
            Map<String, Queue> byPath = new HashMap<>();
            Set<String> labels = client.getClusterNodeLabels().stream()
                    .map(NodeLabel::getName)
                    .collect(Collectors.toSet());
            for (QueueInfo root : client.getRootQueueInfos()) {
                collect(root, "root", 1, 1, labels, byPath);
            }
            return byPath.values().stream()
                    .sorted(Comparator.comparing(Queue::path))
                    .toList();
        });
    }

    private void collect(
            QueueInfo info,
            String parent,
            double maximum,
            double guaranteed,
            Set<String> labels,
            Map<String, Queue> into)
            throws IOException, YarnException {
        // The FairScheduler's names are paths already.
        String name = info.getQueueName();
        String leafName = name.substring(name.lastIndexOf('.') + 1);
        String path = name.startsWith("root.") ? name : parent + "." + name;
        QueueConfigurations figures = figures(info);
        double ownMaximum = figures != null && figures.getAbsoluteMaxCapacity() > 0
                ? figures.getAbsoluteMaxCapacity()
                : maximum * share(info.getMaximumCapacity());
        double ownGuaranteed = figures != null && figures.getAbsoluteCapacity() > 0
                ? figures.getAbsoluteCapacity()
                : guaranteed * share(info.getCapacity());
        List<QueueInfo> children = info.getChildQueues() == null ? List.of() : info.getChildQueues();
        if (children.isEmpty()) {
            children = client.getChildQueueInfos(name);
        }
        into.put(
                path,
                new Queue(
                        leafName,
                        path,
                        children.isEmpty(),
                        info.getQueueState() == QueueState.RUNNING,
                        ownMaximum,
                        ownGuaranteed,
                        figures == null ? null : (double) figures.getMaxAMPercentage(),
                        accessible(info, labels)));
        for (QueueInfo child : children) {
            collect(child, path, ownMaximum, ownGuaranteed, labels, into);
        }
    }

    private static Set<String> accessible(QueueInfo info, Set<String> labels) {
        Set<String> accessible = info.getAccessibleNodeLabels() == null ? Set.of() : info.getAccessibleNodeLabels();
        return labels.stream()
                .filter(label -> accessible.contains(EVERY_LABEL) || accessible.contains(label))
                .collect(Collectors.toSet());
    }

    private static @Nullable QueueConfigurations figures(QueueInfo info) {
        Map<String, QueueConfigurations> byPartition = info.getQueueConfigurations();
        return byPartition == null ? null : byPartition.get("");
    }

    /** Negative is how YARN says "no limit". */
    private static double share(float capacity) {
        return capacity < 0 || Float.isNaN(capacity) ? 1 : Math.min(1, capacity);
    }

    @Override
    public List<Application> applications(String tag) throws IOException {
        return ask("list applications", () -> {
            GetApplicationsRequest request =
                    GetApplicationsRequest.newInstance(Set.of(LaunchContract.APPLICATION_TYPE));
            request.setApplicationTags(Set.of(tag.toLowerCase(Locale.ROOT)));
            return client.getApplications(request).stream()
                    .map(this::application)
                    .sorted(Comparator.comparing(Application::startedAtMs).reversed())
                    .toList();
        });
    }

    @Override
    public List<Application> livingServerApplications(String tag) throws IOException {
        return ask("list applications", () -> {
            GetApplicationsRequest request = GetApplicationsRequest.newInstance();
            request.setApplicationTags(Set.of(tag.toLowerCase(Locale.ROOT)));
            return client.getApplications(request).stream()
                    .filter(report -> !LaunchContract.APPLICATION_TYPE.equals(report.getApplicationType()))
                    .map(this::application)
                    .filter(application -> !application.isOver())
                    .toList();
        });
    }

    @Override
    public Optional<Application> application(String applicationId) throws IOException {
        return ask("report on " + applicationId, () -> {
            try {
                return Optional.of(application(client.getApplicationReport(ApplicationId.fromString(applicationId))));
            } catch (ApplicationNotFoundException e) {
                return Optional.empty();
            }
        });
    }

    @Override
    public void kill(String applicationId, String why) throws IOException {
        ask("kill " + applicationId, () -> {
            client.killApplication(ApplicationId.fromString(applicationId), why);
            return true;
        });
    }

    @Override
    public void close() {
        client.stop();
    }

    private YarnClientApplication created() throws IOException, YarnException {
        if (created == null) {
            created = client.createApplication();
        }
        return created;
    }

    private Application application(ApplicationReport report) {
        String url = report.getTrackingUrl();
        return new Application(
                report.getApplicationId().toString(),
                report.getYarnApplicationState().name(),
                report.getFinalApplicationStatus().name(),
                report.getUser(),
                report.getQueue(),
                report.getDiagnostics() == null ? "" : report.getDiagnostics().strip(),
                url == null || url.isBlank() || url.equals("N/A") ? null : url,
                report.getStartTime(),
                endsAtMs(report));
    }

    private long endsAtMs(ApplicationReport report) {
        Map<ApplicationTimeoutType, ApplicationTimeout> timeouts = report.getApplicationTimeouts();
        ApplicationTimeout lifetime = timeouts == null ? null : timeouts.get(ApplicationTimeoutType.LIFETIME);
        if (lifetime == null || lifetime.getRemainingTime() < 0) {
            return 0;
        }
        return clock.millis() + lifetime.getRemainingTime() * 1000;
    }

    private static Size size(Resource resource) {
        return new Size(resource.getMemorySize(), resource.getVirtualCores());
    }

    private <T> T ask(String what, Question<T> question) throws IOException {
        try {
            return question.answer();
        } catch (YarnException e) {
            throw new IOException(
                    resourceManager + " did not " + what + ": " + InWords.oneLine(e.getMessage(), 600), e);
        } catch (IOException e) {
            throw new IOException(
                    resourceManager + " cannot be reached: " + InWords.oneLine(e.getMessage(), 300)
                            + " (check HADOOP_CONF_DIR and yarn.resourcemanager.address)",
                    e);
        }
    }

    private interface Question<T> {
        T answer() throws IOException, YarnException;
    }
}
