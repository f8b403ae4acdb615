/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.am.agents.Agents;
import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.launch.ServerContext;
import io.sparkconnect.am.launch.ServerLauncher;
import io.sparkconnect.am.page.Joins;
import io.sparkconnect.am.yarn.ClusterClient;
import io.sparkconnect.am.yarn.ContainerLogs;
import io.sparkconnect.am.yarn.NodeManagers;
import io.sparkconnect.am.yarn.ResourceManagerLink;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.api.records.Container;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands each action to the edge that performs it. Called on the core thread; nothing here blocks. */
final class Edges implements Action.Performer {
    private static final Logger LOG = LoggerFactory.getLogger(Edges.class);

    private final ResourceManagerLink resourceManager;
    private final NodeManagers nodes;
    private final ContainerLogs logs;
    private final ClusterClient cluster;
    private final Agents agents;
    private final Joins joins;
    private final ServerLauncher launcher;
    private final ServerDefaults defaults;
    private final Consumer<Event> events;
    private final Consumer<String> finish;
    private final Counter asks;
    private final Counter launches;
    private final Counter kills;
    private final Counter releases;

    /** What every server's launch has in common. */
    record ServerDefaults(String service, List<String> joinUrls, Map<String, String> inherited, String hadoopUser) {}

    Edges(
            ResourceManagerLink resourceManager,
            NodeManagers nodes,
            ContainerLogs logs,
            ClusterClient cluster,
            Agents agents,
            Joins joins,
            ServerLauncher launcher,
            ServerDefaults defaults,
            Consumer<Event> events,
            Consumer<String> finish,
            MetricRegistry metrics) {
        this.resourceManager = resourceManager;
        this.nodes = nodes;
        this.logs = logs;
        this.cluster = cluster;
        this.agents = agents;
        this.joins = joins;
        this.launcher = launcher;
        this.defaults = defaults;
        this.events = events;
        this.finish = finish;
        this.asks = metrics.counter("sparkconnect_am_container_asks_total");
        this.launches = metrics.counter("sparkconnect_am_server_launches_total");
        this.kills = metrics.counter("sparkconnect_am_application_kills_total");
        this.releases = metrics.counter("sparkconnect_am_container_releases_total");
    }

    @Override
    public void ask(Action.AskContainer ask) {
        LOG.info(
                "slot={} asks for a container of {} MiB, request={}",
                ask.slot(),
                ask.memoryMiB(),
                ask.allocationRequestId());
        asks.inc();
        resourceManager.ask(ask);
    }

    @Override
    public void cancelAsk(long allocationRequestId) {
        resourceManager.cancel(allocationRequestId);
    }

    @Override
    public void avoidNodes(Action.AvoidNodes avoid) {
        resourceManager.avoid(avoid);
    }

    @Override
    public void launch(Action.LaunchServer launch) {
        String id = launch.grant().containerId();
        Container container = resourceManager.takeAllocated(id);
        if (container == null) {
            events.accept(new Event.StartFailed(id, "its token is not known", false));
            return;
        }
        LOG.info(
                "slot={} server={} node={} launches",
                launch.slot(),
                id,
                launch.grant().node());
        launches.inc();
        ServerContext server = new ServerContext(
                defaults.service(),
                launch.slot(),
                id,
                launch.grant().host(),
                launch.pool(),
                defaults.joinUrls(),
                defaults.inherited(),
                defaults.hadoopUser());
        nodes.start(container, () -> launcher.contextFor(server));
    }

    @Override
    public void release(String containerId) {
        LOG.info("server={} is given back", containerId);
        releases.inc();
        resourceManager.release(containerId);
    }

    @Override
    public void stopContainer(Action.StopContainer stop) {
        nodes.stop(stop.containerId(), stop.node());
    }

    @Override
    public void readLastLines(Action.ReadLastLines read) {
        logs.readEnd(read.containerId(), read.nodeHttpAddress());
    }

    @Override
    public void lookAtContainer(Action.LookAtContainer look) {
        nodes.look(look.containerId(), look.node());
    }

    @Override
    public void signal(String containerId) {
        cluster.signal(containerId);
    }

    @Override
    public void stopServer(Action.StopServer stop) {
        // Before it is killed it is asked in the other way: SIGTERM runs Spark's own shutdown.
        agents.stop(stop.containerId(), stop.agentUrl(), stop.graceMs(), () -> cluster.signal(stop.containerId()));
    }

    @Override
    public void drainAgent(Action.DrainAgent drain) {
        agents.drain(drain.containerId(), drain.agentUrl(), drain.drain());
    }

    @Override
    public void answerJoin(Action.AnswerJoin answer) {
        joins.answer(answer.requestId(), answer.verdict());
    }

    @Override
    public void listChildren() {
        cluster.listChildren();
    }

    @Override
    public void killApplication(Action.KillApplication kill) {
        LOG.info("application={} is killed: {}", kill.applicationId(), kill.reason());
        kills.inc();
        cluster.kill(kill.applicationId(), kill.reason());
    }

    @Override
    public void record(String decision) {
        LOG.info("{}", decision);
    }

    @Override
    public void finish(String message) {
        finish.accept(message);
    }
}
