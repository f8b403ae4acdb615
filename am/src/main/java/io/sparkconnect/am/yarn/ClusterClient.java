/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.ChildView;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.NodeView;
import io.sparkconnect.am.core.QueueView;
import io.sparkconnect.registry.LaunchContract;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.protocolrecords.GetApplicationsRequest;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.NodeLabel;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.SignalContainerCommand;
import org.apache.hadoop.yarn.api.records.YarnApplicationState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the AM asks as any client would: nodes, queues, applications by tag, kills, signals. All on one thread of its own, which
 * waits while the ResourceManager is away; a question that waits already is not queued again. What only the ResourceManager's
 * pages tell is read on another.
 */
public final class ClusterClient {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterClient.class);
    private static final long NODES_EVERY_SECONDS = 30;
    private static final long QUEUES_EVERY_SECONDS = 10;
    private static final long LIMITS_EVERY_SECONDS = 30;
    private static final EnumSet<YarnApplicationState> LIVING = EnumSet.of(
            YarnApplicationState.NEW,
            YarnApplicationState.NEW_SAVING,
            YarnApplicationState.SUBMITTED,
            YarnApplicationState.ACCEPTED,
            YarnApplicationState.RUNNING);

    private final YarnClient client;
    private final ApplicationId self;
    private final String serviceTag;
    private final Consumer<Event> events;
    private final ScheduledExecutorService thread;
    private final AtomicBoolean nodesAsked = new AtomicBoolean();
    private final AtomicBoolean childrenAsked = new AtomicBoolean();
    private final ScheduledExecutorService limitsThread;
    private final QueueLimitsWatch limits;
    private long clusterMiB;

    public ClusterClient(
            Configuration conf,
            ResourceManagerPages pages,
            ApplicationId self,
            String service,
            Consumer<Event> events) {
        this.self = self;
        this.serviceTag = LaunchContract.serviceTag(service);
        this.events = events;
        this.client = YarnClient.createYarnClient();
        client.init(conf);
        client.start();
        this.limits = new QueueLimitsWatch(pages, conf);
        this.thread = daemon("am-cluster");
        // Pages that do not answer hold up no kill.
        this.limitsThread = daemon("am-limits");
    }

    private static ScheduledExecutorService daemon(String name) {
        return Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread worker = new Thread(runnable, name);
            worker.setDaemon(true);
            return worker;
        });
    }

    /** Looks at the nodes now and then, and whenever asked to. */
    public void watchNodes() {
        var unused = thread.scheduleWithFixedDelay(this::seeNodes, 0, NODES_EVERY_SECONDS, TimeUnit.SECONDS);
    }

    /** Looks at the queues now and then. */
    public void watchQueues() {
        // With its limits from the first look on: what is known later would seem to have changed.
        limitsThread.execute(() -> {
            seeLimits();
            var unused = thread.scheduleWithFixedDelay(this::seeQueues, 0, QUEUES_EVERY_SECONDS, TimeUnit.SECONDS);
        });
        var unused = limitsThread.scheduleWithFixedDelay(
                this::seeLimits, LIMITS_EVERY_SECONDS, LIMITS_EVERY_SECONDS, TimeUnit.SECONDS);
    }

    public void refreshNodes() {
        if (nodesAsked.compareAndSet(false, true)) {
            thread.execute(() -> {
                nodesAsked.set(false);
                seeNodes();
            });
        }
    }

    /** {@link Event.ChildrenSeen} follows. */
    public void listChildren() {
        if (childrenAsked.compareAndSet(false, true)) {
            thread.execute(() -> {
                childrenAsked.set(false);
                attempt("list the service's applications", () -> events.accept(new Event.ChildrenSeen(children())));
            });
        }
    }

    public void kill(String applicationId, String reason) {
        thread.execute(() -> attempt(
                "kill " + applicationId,
                () -> client.killApplication(ApplicationId.fromString(applicationId), reason)));
    }

    /** SIGTERM alone: a stop by the NodeManager has SIGKILL follow after a quarter of a second. */
    public void signal(String containerId) {
        thread.execute(() -> attempt(
                "signal " + containerId,
                () -> client.signalToContainer(
                        ContainerId.fromString(containerId), SignalContainerCommand.GRACEFUL_SHUTDOWN)));
    }

    /** When the application was submitted; blocks. */
    public long launchedAtMs() throws YarnException, IOException {
        return client.getApplicationReport(self).getStartTime();
    }

    /** Kills every server's application of ours that lives. Yields whether none did; blocks. */
    public boolean killAllChildren(String reason) throws YarnException, IOException {
        boolean none = true;
        for (ChildView child : children()) {
            if (self.toString().equals(child.parentApplicationId())) {
                none = false;
                client.killApplication(ApplicationId.fromString(child.applicationId()), reason);
            }
        }
        return none;
    }

    private void seeNodes() {
        attempt("list the nodes", () -> {
            List<NodeView> nodes = new ArrayList<>();
            for (NodeReport report : client.getNodeReports()) {
                nodes.add(view(report));
            }
            clusterMiB = nodes.stream()
                    .filter(node -> node.condition() == NodeView.Condition.RUNNING)
                    .mapToLong(NodeView::memoryMiB)
                    .sum();
            events.accept(new Event.NodesSeen(nodes));
        });
    }

    private void seeLimits() {
        try {
            limits.look();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void seeQueues() {
        attempt("look at the queues", () -> {
            Set<String> labels = client.getClusterNodeLabels().stream()
                    .map(NodeLabel::getName)
                    .collect(Collectors.toSet());
            QueueLimits latest = limits.latest();
            List<QueueView> queues = QueueFigures.leaves(client.getRootQueueInfos(), latest, clusterMiB, labels);
            events.accept(new Event.QueuesSeen(queues, latest.stepMiB()));
        });
    }

    private List<ChildView> children() throws YarnException, IOException {
        GetApplicationsRequest request = GetApplicationsRequest.newInstance();
        request.setApplicationTags(Set.of(serviceTag));
        request.setApplicationStates(LIVING);
        List<ChildView> children = new ArrayList<>();
        for (ApplicationReport report : client.getApplications(request)) {
            children.add(view(report));
        }
        return children;
    }

    private static ChildView view(ApplicationReport report) {
        String diagnostics = report.getDiagnostics();
        return new ChildView(
                report.getApplicationId().toString(),
                report.getApplicationTags(),
                parent(report.getApplicationTags()),
                report.getYarnApplicationState() != YarnApplicationState.RUNNING,
                diagnostics == null ? "" : diagnostics.strip());
    }

    private static @Nullable String parent(Set<String> tags) {
        String prefix = LaunchContract.serverTag("");
        for (String tag : tags) {
            if (tag.startsWith(prefix)) {
                try {
                    return ContainerId.fromString(tag.substring(prefix.length()))
                            .getApplicationAttemptId()
                            .getApplicationId()
                            .toString();
                } catch (IllegalArgumentException e) {
                    LOG.warn("tag {} names no container: {}", tag, e.getMessage());
                }
            }
        }
        return null;
    }

    private static NodeView view(NodeReport report) {
        NodeView.Condition condition = switch (report.getNodeState()) {
            case RUNNING -> NodeView.Condition.RUNNING;
            case DECOMMISSIONING -> NodeView.Condition.DECOMMISSIONING;
            case DECOMMISSIONED -> NodeView.Condition.DECOMMISSIONED;
            case LOST -> NodeView.Condition.LOST;
            case UNHEALTHY -> NodeView.Condition.UNHEALTHY;
            default -> NodeView.Condition.OTHER;
        };
        Integer leavesWithin = report.getDecommissioningTimeout();
        return new NodeView(
                report.getNodeId().toString(),
                condition,
                report.getCapability() == null ? 0 : report.getCapability().getMemorySize(),
                report.getCapability() == null ? 0 : report.getCapability().getVirtualCores(),
                report.getUsed() == null ? 0 : report.getUsed().getMemorySize(),
                report.getNodeLabels() == null ? Set.of() : report.getNodeLabels(),
                leavesWithin == null ? null : Duration.ofSeconds(leavesWithin));
    }

    private interface Question {
        void ask() throws YarnException, IOException;
    }

    /** Whatever fails is asked again by whoever needs it: the core looks again and again. */
    private static void attempt(String what, Question question) {
        try {
            question.ask();
        } catch (YarnException | IOException | RuntimeException e) {
            LOG.warn("could not {}: {}", what, e.toString());
        }
    }
}
