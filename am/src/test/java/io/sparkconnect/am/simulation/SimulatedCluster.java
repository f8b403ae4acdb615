/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.ContainerGrant;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.HealthAnswer;
import io.sparkconnect.am.core.JoinRequest;
import io.sparkconnect.am.core.NodeView;
import io.sparkconnect.registry.ServerLoad;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A ResourceManager with one queue of interest, its nodes, and the servers in their containers. It takes every ask, answers
 * those that queue and nodes have room for with its next heartbeat, and lets the others wait: whoever asks for too much is
 * not told. What happens becomes events that {@link #takeEvents} hands out.
 */
final class SimulatedCluster implements QuietPerformer {
    private static final long KILLED_AFTER_MS = 15_000;

    private final Scenario scenario;
    private final Random random;
    private final SimulatedUsers users;
    private final SimulatedNodes nodes;
    private final SimulatedQueue queue;
    private final Map<String, SimulatedServer> servers = new LinkedHashMap<>();
    private final Set<Long> asks = new LinkedHashSet<>();
    private final List<String> ended = new ArrayList<>();
    private final List<Event> withNextHeartbeat = new ArrayList<>();
    private List<Event> events = new ArrayList<>();
    /** Since when asks have waited and none was answered. */
    private long unansweredSinceMs;

    private Set<String> avoided = Set.of();
    private long nowMs;
    private int counter;

    SimulatedCluster(Scenario scenario, Random random, SimulatedUsers users) {
        this.scenario = scenario;
        this.random = random;
        this.users = users;
        this.nodes = new SimulatedNodes(scenario);
        this.queue = new SimulatedQueue(scenario);
    }

    void pass(long now) {
        nowMs = now;
        double hour = now / 3_600_000.0;
        events.addAll(withNextHeartbeat);
        withNextHeartbeat.clear();
        if (nodes.pass(now, this::taken) || now % 30_000 == 0) {
            tellNodes();
        }
        preempt(hour);
        serversGoOn();
        allocate(hour);
        if (now % 10_000 == 0) {
            events.add(new Event.QueuesSeen(List.of(queue.view(servers.size(), hour)), 256));
        }
    }

    List<Event> takeEvents() {
        List<Event> taken = events;
        events = new ArrayList<>();
        return taken;
    }

    /** Ids of containers that have ended since this was last asked, whoever ended them. */
    List<String> takeEnded() {
        List<String> taken = List.copyOf(ended);
        ended.clear();
        return taken;
    }

    int containers() {
        return servers.size();
    }

    /** Those that nobody has told to end, and that are not in this state. */
    int containersBut(Set<String> others) {
        return (int) servers.entrySet().stream()
                .filter(server -> server.getValue().stopsAtMs == Long.MAX_VALUE && !others.contains(server.getKey()))
                .count();
    }

    int asks() {
        return asks.size();
    }

    /** How long asks have waited without an answer to any. */
    long unansweredMs() {
        return asks.isEmpty() ? 0 : nowMs - unansweredSinceMs;
    }

    /** Whether a client that connects to the server is answered; it is until its process has ended. */
    boolean answers(String containerId) {
        return servers.containsKey(containerId);
    }

    /** Sessions on the server, as the core was last told. */
    int told(String containerId) {
        SimulatedServer server = servers.get(containerId);
        return server == null ? 0 : scenario.serversCount() ? server.told : users.toldOn(containerId);
    }

    boolean isOnRunningNode(String containerId) {
        SimulatedServer server = servers.get(containerId);
        return server != null && server.node.condition == NodeView.Condition.RUNNING;
    }

    /** Servers that queue and nodes can hold now. */
    int room(double hour) {
        int left = (int) (scenario.leftToUsMiB(hour) / Scenario.SERVER_MIB);
        return Math.min((int) nodes.room(), Math.min(left, queue.holds(hour)));
    }

    /** Most servers that are ever to be had as queue and nodes are now, whatever others than we do for a while. */
    int everToBeHad(double hour) {
        return Math.min(queue.holds(hour), (int) nodes.size());
    }

    /** What a new attempt learns when it registers. The asks of the earlier one are gone. */
    List<ContainerGrant> running() {
        asks.clear();
        withNextHeartbeat.clear();
        servers.values().stream()
                .filter(server -> !server.launched)
                .map(server -> server.grant.containerId())
                .toList()
                .forEach(id -> end(id, -100));
        events.clear();
        return servers.values().stream().map(server -> server.grant).toList();
    }

    private void taken(SimulatedNode node) {
        servers.values().stream()
                .filter(server -> server.node == node)
                .map(server -> server.grant.containerId())
                .toList()
                .forEach(id -> end(id, -100));
    }

    /** As the CapacityScheduler's monitor does: names containers each round, and kills what is left of them later. */
    private void preempt(double hour) {
        int tooMany = servers.size() - (int) (scenario.leftToUsMiB(hour) / Scenario.SERVER_MIB);
        if (tooMany <= 0) {
            servers.values().forEach(server -> server.preemptedAtMs = Long.MAX_VALUE);
            return;
        }
        // The youngest first, whoever works there.
        List<SimulatedServer> youngest = servers.values().stream()
                .sorted(Comparator.comparing((SimulatedServer server) -> server.grant.containerId())
                        .reversed())
                .limit(tooMany)
                .toList();
        List<String> named = new ArrayList<>();
        for (SimulatedServer server : youngest) {
            if (server.preemptedAtMs == Long.MAX_VALUE) {
                server.preemptedAtMs = nowMs + KILLED_AFTER_MS;
            }
            if (nowMs >= server.preemptedAtMs) {
                end(server.grant.containerId(), -102);
            } else {
                named.add(server.grant.containerId());
            }
        }
        if (!named.isEmpty()) {
            events.add(new Event.PreemptionWarned(named, false));
        }
    }

    private void serversGoOn() {
        for (SimulatedServer server : List.copyOf(servers.values())) {
            String id = server.grant.containerId();
            if (nowMs >= server.stopsAtMs) {
                end(id, 0);
            } else if (nowMs >= server.nextMs) {
                if (server.launched) {
                    server.joined = true;
                    server.nextMs = Long.MAX_VALUE;
                    events.add(new Event.Joined(
                            counter,
                            new JoinRequest(
                                    id,
                                    "i" + id,
                                    "h",
                                    15002,
                                    15003,
                                    scenario.serversCount() ? "4.0.1" : "3.5.7",
                                    "app-" + id)));
                    poll(server);
                } else {
                    server.launched = true;
                    server.nextMs = nowMs + 25_000 + random.nextInt(40_000);
                    events.add(new Event.Started(id));
                }
            } else if (server.joined && (nowMs % 60_000 == 0 || users.tookNote(id))) {
                poll(server);
            } else if (server.joined && users.on(id) == 0 && nowMs % 2_000 == 0) {
                poll(server);
            }
        }
    }

    private void poll(SimulatedServer server) {
        String id = server.grant.containerId();
        server.told = users.on(id);
        ServerLoad load = new ServerLoad(scenario.serversCount() ? server.told : -1, 0, 1 << 29, 3L << 30);
        events.add(new Event.Polled(id, new HealthAnswer("i" + id, true, "", load, "app-" + id)));
    }

    private void allocate(double hour) {
        double left = scenario.leftToUsMiB(hour) / Scenario.SERVER_MIB;
        for (long ask : List.copyOf(asks)) {
            SimulatedNode node = nodes.roomiest(avoided);
            if (node == null || servers.size() + 1 > left || !queue.gives(servers.size(), hour)) {
                return;
            }
            asks.remove(ask);
            unansweredSinceMs = nowMs;
            counter++;
            String id = "container_1_0001_01_%06d".formatted(counter);
            ContainerGrant grant = new ContainerGrant(id, ask, node.name, "n:8042");
            node.oursMiB += Scenario.SERVER_MIB;
            servers.put(id, new SimulatedServer(grant, node));
            withNextHeartbeat.add(new Event.Allocated(grant));
        }
    }

    private void end(String id, int exitStatus) {
        SimulatedServer server = servers.remove(id);
        if (server != null) {
            server.node.oursMiB -= Scenario.SERVER_MIB;
            ended.add(id);
            events.add(new Event.Completed(id, exitStatus, ""));
        }
    }

    private void tellNodes() {
        events.add(new Event.NodesSeen(nodes.views()));
    }

    @Override
    public void ask(Action.AskContainer ask) {
        if (asks.isEmpty()) {
            unansweredSinceMs = nowMs;
        }
        asks.add(ask.allocationRequestId());
    }

    @Override
    public void cancelAsk(long allocationRequestId) {
        asks.remove(allocationRequestId);
    }

    @Override
    public void avoidNodes(Action.AvoidNodes avoid) {
        assertThat(avoid.others()).as("nodes that are not avoided").isNotEmpty();
        avoided = avoid.nodes();
    }

    @Override
    public void launch(Action.LaunchServer launch) {
        SimulatedServer server = servers.get(launch.grant().containerId());
        if (server != null) {
            server.nextMs = nowMs + 2_000;
        }
    }

    @Override
    public void release(String containerId) {
        end(containerId, -100);
    }

    @Override
    public void stopContainer(Action.StopContainer stop) {
        end(stop.containerId(), -105);
    }

    @Override
    public void signal(String containerId) {
        stopSoon(containerId);
    }

    @Override
    public void stopServer(Action.StopServer stop) {
        stopSoon(stop.containerId());
    }

    private void stopSoon(String containerId) {
        SimulatedServer server = servers.get(containerId);
        if (server != null) {
            server.stopsAtMs = nowMs + 5_000;
        }
    }

    @Override
    public void finish(String message) {
        throw new IllegalStateException("nobody stopped the service: " + message);
    }
}
