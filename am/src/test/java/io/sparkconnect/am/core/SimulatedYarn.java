/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.ServiceSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A ResourceManager, its nodes, the servers in their containers and the ApplicationMaster's attempts, all under one clock
 * and one seed. While there is chaos, events get lost, servers die or hang, and attempts are killed.
 */
final class SimulatedYarn implements Action.Performer {
    private static final String APPLICATION = "application_1_0001";

    private final Random random;
    private final SimulatedTime time = new SimulatedTime();
    private final Map<Long, String> asks = new HashMap<>();
    final Map<String, Container> containers = new TreeMap<>();
    private final Set<String> children = new HashSet<>();
    private final Set<Long> idsEverAsked = new HashSet<>();
    private ServiceSpec spec;
    private Core core;
    private RegistryImage written = RegistryImage.EMPTY;
    private int attempt;
    private int counter;
    private int deathsSeen;
    private long registryAwayUntilMs;
    private double chaos = 1;
    boolean finished;

    SimulatedYarn(long seed, ServiceSpec spec) {
        this.random = new Random(seed);
        this.spec = spec;
        this.core = newAttempt();
    }

    static final class Container {
        final ContainerGrant grant;
        boolean running;
        boolean joined;
        boolean hangs;

        Container(ContainerGrant grant) {
            this.grant = grant;
        }

        String tag() {
            return LaunchContract.serverTag(grant.containerId());
        }
    }

    // --- the world's own doings ---

    void calmDown() {
        chaos = 0;
        registryAwayUntilMs = 0;
    }

    void become(ServiceSpec wanted) {
        spec = wanted;
        happens(new Event.SpecChanged(wanted, Specs.POLICY));
    }

    /** Lets time pass in half seconds. */
    void run(long forMs) {
        long untilMs = time.nowMs() + forMs;
        while (time.nowMs() < untilMs && !finished) {
            time.passes(500);
            allocate();
            if (time.isEvery(1000)) {
                happens(new Event.Tick());
            }
            if (time.isEvery(2000)) {
                poll();
            }
            if (time.isEvery(60_000)) {
                happens(new Event.SpecChanged(spec, Specs.POLICY));
            }
            strike();
            checkInvariants();
        }
    }

    private boolean chance(double of) {
        return random.nextDouble() < of * chaos;
    }

    private void strike() {
        for (Container container : List.copyOf(containers.values())) {
            if (container.running && chance(0.004)) {
                switch (random.nextInt(4)) {
                    case 0 -> container.hangs = true;
                    case 1 -> end(container, 137);
                    case 2 -> end(container, -100);
                    default -> end(container, 1);
                }
            }
        }
        if (chance(0.003)) {
            registryAwayUntilMs = time.nowMs() + random.nextInt(60_000);
        }
        if (chance(0.005)) {
            time.setClock((random.nextInt(3) - 1) * 3_600_000L);
        }
        if (chance(0.01)) {
            killAttempt();
        }
    }

    private void killAttempt() {
        asks.clear();
        // YARN keeps only what runs.
        containers.values().removeIf(container -> !container.running);
        core = newAttempt();
    }

    private Core newAttempt() {
        attempt++;
        time.attemptBegins(attempt);
        Core next = new Core(
                new Identity("svc", APPLICATION, attempt, "ana", null, 0, "http"), new Random(random.nextLong()));
        core = next;
        List<ContainerGrant> reported = new ArrayList<>();
        List<ContainerGrant> late = new ArrayList<>();
        for (Container container : containers.values()) {
            (chance(0.2) ? late : reported).add(container.grant);
        }
        happens(new Event.AttemptRecovered(new Recovered(
                spec,
                Specs.POLICY,
                reported,
                List.copyOf(written.slots().values()),
                List.copyOf(written.servers().values()),
                List.copyOf(written.deaths().values()),
                written.status(),
                8192,
                8,
                Specs.BY_BLACKLIST)));
        happens(new Event.NodesSeen(List.of(
                new NodeView("n1:1", NodeView.Condition.RUNNING, 8192, 8),
                new NodeView("n2:1", NodeView.Condition.RUNNING, 8192, 8),
                new NodeView("n3:1", NodeView.Condition.RUNNING, 8192, 8))));
        late.forEach(grant -> tell(
                10_000L + random.nextInt(60_000),
                () -> containers.containsKey(grant.containerId()) ? new Event.LateContainers(List.of(grant)) : null));
        return next;
    }

    private void happens(Event event) {
        List<Action> actions = core.handle(event, time.steadyMs());
        Outlook outlook = core.outlook(time.steadyMs(), time.wallMs());
        // An attempt that dies now may leave its last changes unwritten, or those of a minute.
        if (outlook != null && time.nowMs() >= registryAwayUntilMs && !chance(0.05)) {
            written = outlook.image();
        }
        actions.forEach(action -> action.performBy(this));
    }

    /** Tells the present attempt after a while, or never. */
    private void tell(long afterMs, java.util.function.Supplier<@Nullable Event> event) {
        if (!chance(0.05)) {
            time.tellLater(afterMs, () -> {
                Event now = event.get();
                if (now != null) {
                    happens(now);
                }
            });
        }
    }

    private void later(long afterMs, Runnable what) {
        time.later(afterMs, what);
    }

    private void allocate() {
        for (Map.Entry<Long, String> ask : List.copyOf(asks.entrySet())) {
            if (random.nextInt(3) == 0) {
                asks.remove(ask.getKey());
                counter++;
                String id = "container_1_0001_01_%06d".formatted(counter);
                ContainerGrant grant =
                        new ContainerGrant(id, ask.getKey(), "n" + (1 + random.nextInt(3)) + ":1", "n:8042");
                containers.put(id, new Container(grant));
                tell(200, () -> new Event.Allocated(grant));
                // The container's token expires when nobody starts it.
                later(600_000, () -> {
                    Container container = containers.get(id);
                    if (container != null && !container.running) {
                        end(container, -100);
                    }
                });
            }
        }
    }

    private void poll() {
        Outlook outlook = core.outlook(time.steadyMs(), time.wallMs());
        if (outlook == null) {
            return;
        }
        for (Outlook.PolledAgent agent : outlook.polled()) {
            Container container = containers.get(agent.containerId());
            if (container != null && container.running && !container.hangs) {
                tell(
                        20,
                        () -> new Event.Polled(
                                agent.containerId(),
                                new HealthAnswer(
                                        "i" + agent.containerId(), true, "", new ServerLoad(0, 0, 1, 100), null)));
            } else {
                tell(100, () -> new Event.PollFailed(agent.containerId(), "refused"));
            }
        }
    }

    private void end(Container container, int exitStatus) {
        containers.remove(container.grant.containerId());
        deathsSeen++;
        container.running = false;
        // Its application notices, unless it still waits for resources.
        if (random.nextInt(3) > 0) {
            later(3_000, () -> children.remove(container.tag()));
        }
        String id = container.grant.containerId();
        tell(500, () -> new Event.Completed(id, exitStatus, ""));
    }

    private void join(Container container) {
        if (!container.running) {
            return;
        }
        String id = container.grant.containerId();
        happens(new Event.Joined(counter, new JoinRequest(id, "i" + id, "h", 1, 2, "4.3.0", "app-" + container.tag())));
        // It joins again when nobody polls it.
        later(60_000, () -> join(container));
    }

    // --- what the ApplicationMaster does ---

    @Override
    public void ask(Action.AskContainer ask) {
        assertThat(idsEverAsked.add(ask.allocationRequestId()))
                .as("a new id per ask")
                .isTrue();
        asks.put(ask.allocationRequestId(), ask.slot());
    }

    @Override
    public void cancelAsk(long allocationRequestId) {
        asks.remove(allocationRequestId);
    }

    @Override
    public void avoidNodes(Action.AvoidNodes avoid) {
        assertThat(avoid.nodes()).as("never all nodes").hasSizeLessThan(3);
    }

    @Override
    public void launch(Action.LaunchServer launch) {
        String id = launch.grant().containerId();
        int launchedBy = attempt;
        later(500 + random.nextInt(2000), () -> {
            Container container = containers.get(id);
            if (container == null || launchedBy != attempt) {
                return;
            }
            container.running = true;
            tell(10, () -> new Event.Started(id));
            later(3_000 + random.nextInt(10_000), () -> {
                if (container.running) {
                    children.add(container.tag());
                    join(container);
                }
            });
        });
    }

    @Override
    public void release(String containerId) {
        Container container = containers.get(containerId);
        if (container != null) {
            end(container, -100);
        }
    }

    @Override
    public void stopContainer(Action.StopContainer stop) {
        Container container = containers.get(stop.containerId());
        if (container != null && container.running) {
            end(container, -105);
        }
    }

    @Override
    public void readLastLines(Action.ReadLastLines read) {
        tell(50, () -> new Event.LastLinesRead(read.containerId(), "killed"));
    }

    @Override
    public void lookAtContainer(Action.LookAtContainer look) {
        tell(50, () -> new Event.ContainerSeen(look.containerId(), random.nextBoolean()));
    }

    @Override
    public void signal(String containerId) {
        endIfItListens(containerId, 143);
    }

    @Override
    public void stopServer(Action.StopServer stop) {
        endIfItListens(stop.containerId(), 0);
    }

    private void endIfItListens(String containerId, int exitStatus) {
        later(2_000, () -> {
            Container container = containers.get(containerId);
            if (container != null && container.running && !container.hangs) {
                end(container, exitStatus);
            }
        });
    }

    @Override
    public void drainAgent(Action.DrainAgent drain) {}

    @Override
    public void answerJoin(Action.AnswerJoin answer) {
        // Whom the answer is for is not modelled: an unwanted server's container is given back in any case.
    }

    @Override
    public void listChildren() {
        tell(
                100,
                () -> new Event.ChildrenSeen(children.stream()
                        .map(tag -> new ChildView("app-" + tag, Set.of(tag), APPLICATION, false, ""))
                        .toList()));
    }

    @Override
    public void killApplication(Action.KillApplication kill) {
        children.remove(kill.applicationId().substring("app-".length()));
    }

    @Override
    public void record(String decision) {
        assertThat(decision).isNotBlank();
    }

    @Override
    public void finish(String message) {
        finished = true;
    }

    // --- what must hold ---

    private void checkInvariants() {
        Map<Long, Integer> holders = new HashMap<>();
        asks.keySet().forEach(id -> holders.merge(id, 1, Integer::sum));
        containers.values().forEach(container -> holders.merge(container.grant.allocationRequestId(), 1, Integer::sum));
        assertThat(holders.values())
                .as("containers and asks per slot generation")
                .allMatch(count -> count == 1);
        Outlook outlook = core.outlook(time.steadyMs(), time.wallMs());
        if (outlook != null) {
            Set<String> held = new HashSet<>();
            outlook.image().slots().values().forEach(slot -> {
                if (slot.containerId() != null) {
                    assertThat(held.add(slot.containerId()))
                            .as("one slot per container")
                            .isTrue();
                }
            });
        }
    }

    Outlook outlook() {
        return Objects.requireNonNull(core.outlook(time.steadyMs(), time.wallMs()));
    }

    Set<String> children() {
        return Set.copyOf(children);
    }

    int attempts() {
        return attempt;
    }

    int deathsSeen() {
        return deathsSeen;
    }

    int asksOutstanding() {
        return asks.size();
    }
}
