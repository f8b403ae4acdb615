/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Core;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Identity;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.core.Policy;
import io.sparkconnect.am.core.Recovered;
import io.sparkconnect.am.core.RegistryImage;
import io.sparkconnect.am.core.Spreading;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.SlotState;
import io.sparkconnect.registry.settings.SettingsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The service in its world: turns the clock, and keeps what is to be judged. */
final class SimulatedService {
    private static final long STEP_MS = 10_000;

    /** While servers come and go, and proxies learn of it one after the other. */
    private static final long SMALL_STEP_MS = 1_000;

    private static final long SMALL_STEPS_FOR_MS = 25_000;

    /** A new attempt has to hear of each server's load before it can choose. */
    private static final long LEARNS_WITHIN_MS = 90_000;

    private final Scenario scenario;
    private final ServiceSpec spec;
    private final Policy policy;
    private final Random random;
    private final SimulatedUsers users;
    private final SimulatedCluster cluster;
    private final Judge judge;
    final Timeline timeline = new Timeline();
    final List<String> decisions = new ArrayList<>();
    private Core core;
    private RegistryImage written = RegistryImage.EMPTY;
    private int attempt;
    private long nowMs;
    private double nextDeathHour;
    private long lastDecisionMs;
    private long smallStepsUntilMs;
    private long attemptBeganMs;
    private Map<String, ServerState> states = Map.of();

    SimulatedService(Scenario scenario, long seed) {
        this.scenario = scenario;
        this.random = new Random(seed);
        this.users = new SimulatedUsers(new Random(seed + 2), SimulatedProxy.two(scenario, seed + 3));
        this.cluster = new SimulatedCluster(scenario, new Random(seed + 1), users);
        this.judge = new Judge(scenario.pool().minServers(), scenario.pool().maxServers(), mostOnANode());
        this.nextDeathHour = scenario.attemptsLastHours();
        this.spec =
                new ServiceSpec(1, "svc", "ana", DesiredState.RUNNING, 0, Map.of("default", scenario.pool()), Map.of());
        try {
            this.policy = Policy.of(spec);
        } catch (SettingsException e) {
            throw new IllegalStateException("the defaults are not valid", e);
        }
        this.core = newAttempt();
    }

    static SimulatedService run(Scenario scenario, long seed) {
        SimulatedService service = new SimulatedService(scenario, seed);
        while (service.nowMs < scenario.length().toMillis()) {
            service.step();
        }
        service.judge.lost(service.users.lost(), DeathCause.SCALED_IN);
        service.judge.course(scenario, service.timeline);
        return service;
    }

    /** Where it did not do as it must, in words. */
    List<String> violations() {
        return judge.violations();
    }

    SimulatedUsers users() {
        return users;
    }

    private void step() {
        long stepMs = nowMs < smallStepsUntilMs ? SMALL_STEP_MS : STEP_MS - nowMs % STEP_MS;
        nowMs += stepMs;
        double hour = nowMs / 3_600_000.0;
        if (scenario.attemptsLastHours() > 0 && hour >= nextDeathHour) {
            nextDeathHour += scenario.attemptsLastHours();
            core = newAttempt();
        }
        // Not in the order of an immutable map, which differs from process to process.
        users.pass(scenario, new TreeMap<>(written.servers()), cluster::answers, nowMs, stepMs);
        cluster.pass(nowMs);
        List<Event> events = new ArrayList<>(cluster.takeEvents());
        ProxySnapshot proxies = users.publish(nowMs);
        if (proxies != null) {
            events.add(new Event.ProxiesSeen(proxies));
        }
        events.add(new Event.Tick());
        Outlook outlook = handle(events);
        watchServers(outlook);
        judge(hour, outlook);
    }

    private Core newAttempt() {
        attempt++;
        core = new Core(
                new Identity("svc", "application_1_0001", attempt, "ana", null, 0, "http"),
                new Random(random.nextLong()));
        handle(List.of(
                new Event.AttemptRecovered(new Recovered(
                        spec,
                        policy,
                        cluster.running(),
                        List.copyOf(written.slots().values()),
                        List.copyOf(written.servers().values()),
                        List.copyOf(written.deaths().values()),
                        written.status(),
                        65_536,
                        64,
                        Spreading.byBlacklist("placement constraints are disabled"))),
                new Event.ProxiesSeen(new ProxySnapshot(Map.of(), false))));
        users.forgetPublished();
        attemptBeganMs = nowMs;
        return core;
    }

    private Outlook handle(List<Event> events) {
        for (Action action : core.handle(events, nowMs)) {
            action.performBy(cluster);
        }
        Outlook outlook = Objects.requireNonNull(core.outlook(nowMs, nowMs));
        written = outlook.image();
        for (String server : cluster.takeEnded()) {
            DeathCertificate death = written.deaths().get(server);
            users.serverEnded(server, death == null ? DeathCause.UNKNOWN : death.cause());
        }
        for (Decision decision : outlook.live().decisions()) {
            if (decision.atMs() > lastDecisionMs && decision.text().startsWith("pool ")) {
                decisions.add(decision.text());
            }
        }
        lastDecisionMs = nowMs;
        return outlook;
    }

    /** Looks whom the pool gives up, and slows down while proxies learn of it. */
    private void watchServers(Outlook outlook) {
        Map<String, ServerState> now = new TreeMap<>();
        outlook.image().servers().forEach((id, server) -> now.put(id, server.state()));
        if (now.equals(states)) {
            return;
        }
        List<String> givenUp = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        now.forEach((id, state) -> {
            if (state == ServerState.READY && cluster.isOnRunningNode(id)) {
                kept.add(id);
            } else if (states.get(id) == ServerState.READY && cluster.isOnRunningNode(id)) {
                givenUp.add(id);
            }
        });
        if (nowMs - attemptBeganMs >= LEARNS_WITHIN_MS) {
            judge.givenUp(nowMs, givenUp, kept, cluster::told);
        }
        states = now;
        smallStepsUntilMs = nowMs + SMALL_STEPS_FOR_MS;
    }

    private void judge(double hour, Outlook outlook) {
        PoolStatus pool = Objects.requireNonNull(outlook.live().pools().get("default"));
        ScalingStatus scaling = Objects.requireNonNull(pool.scaling());
        int room = cluster.room(hour);
        timeline.targetIs(pool.desired(), hour, nowMs == STEP_MS);
        if (nowMs % 60_000 == 0) {
            timeline.samples.add(new Timeline.Sample(
                    hour,
                    users.live(),
                    users.held(),
                    scaling.needed(),
                    pool.desired(),
                    pool.ready(),
                    pool.draining(),
                    cluster.containers(),
                    room));
        }
        Set<String> draining = new TreeSet<>();
        outlook.image().slots().values().stream()
                .filter(slot -> slot.state() == SlotState.DRAINING)
                .forEach(slot -> draining.add(Objects.requireNonNull(slot.containerId())));
        int serving = cluster.containersBut(draining);
        judge.look(new Judge.Moment(
                nowMs,
                pool.desired(),
                serving,
                cluster.containersBut(Set.of()) - serving,
                cluster.asks(),
                cluster.unansweredMs(),
                pool.ready(),
                cluster.everToBeHad(hour),
                room));
    }

    /** As many may be started beyond the maximum before those of a leaving node go. */
    private int mostOnANode() {
        return scenario.leavingEveryHours() > 0 ? scenario.nodeMiB() / Scenario.SERVER_MIB : 0;
    }
}
