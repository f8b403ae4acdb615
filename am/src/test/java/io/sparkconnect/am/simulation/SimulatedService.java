/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.settings.SettingsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/** The service in its world: turns the clock, and keeps what is to be judged. */
final class SimulatedService {
    private static final long STEP_MS = 10_000;
    private static final long GRACE_MS = 300_000;

    private final Scenario scenario;
    private final ServiceSpec spec;
    private final Policy policy;
    private final Random random;
    private final SimulatedUsers users;
    private final SimulatedCluster cluster;
    final Timeline timeline = new Timeline();
    final List<String> decisions = new ArrayList<>();
    private Core core;
    private RegistryImage written = RegistryImage.EMPTY;
    private int attempt;
    private long nowMs;
    private double nextDeathHour;
    private long roomForMinimumSinceMs;
    private int queueHolds;
    private long queueHoldsSinceMs;
    private long lastDecisionMs;

    SimulatedService(Scenario scenario, long seed) {
        this.scenario = scenario;
        this.random = new Random(seed);
        this.users = new SimulatedUsers(new Random(seed + 2));
        this.cluster = new SimulatedCluster(scenario, new Random(seed + 1), users);
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
        return service;
    }

    SimulatedUsers users() {
        return users;
    }

    private void step() {
        nowMs += STEP_MS;
        double hour = nowMs / 3_600_000.0;
        if (scenario.attemptsLastHours() > 0 && hour >= nextDeathHour) {
            nextDeathHour += scenario.attemptsLastHours();
            core = newAttempt();
        }
        // Not in the order of an immutable map, which differs from process to process.
        users.pass(scenario, new TreeMap<>(written.servers()).values(), nowMs, STEP_MS);
        cluster.pass(nowMs);
        List<Event> events = new ArrayList<>(cluster.takeEvents());
        ProxySnapshot proxies = users.publish(nowMs);
        if (proxies != null) {
            events.add(new Event.ProxiesSeen(proxies));
        }
        events.add(new Event.Tick());
        judge(hour, handle(events));
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

    /** What must hold at every moment. */
    private void judge(double hour, Outlook outlook) {
        PoolStatus pool = Objects.requireNonNull(outlook.live().pools().get("default"));
        ScalingStatus scaling = Objects.requireNonNull(pool.scaling());
        int room = cluster.room(hour);
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
        assertThat(pool.desired())
                .as("target at hour %s", hour)
                .isLessThanOrEqualTo(scenario.pool().maxServers());
        assertThat(pool.ready() + pool.starting())
                .as("servers that take sessions, or will, at hour %s", hour)
                .isLessThanOrEqualTo(scenario.pool().maxServers() + mostOnANode());
        int queue = (int) Math.min(scenario.queueMiB(hour) / Scenario.SERVER_MIB, Integer.MAX_VALUE);
        if (queue != queueHolds) {
            queueHolds = queue;
            queueHoldsSinceMs = nowMs;
        } else if (nowMs - queueHoldsSinceMs >= GRACE_MS) {
            assertThat(pool.desired())
                    .as("target at hour %s", hour)
                    .isLessThanOrEqualTo(Math.max(queue, scenario.pool().minServers()));
        }
        if (room < scenario.pool().minServers()) {
            roomForMinimumSinceMs = nowMs;
        }
        if (nowMs - roomForMinimumSinceMs >= GRACE_MS) {
            assertThat(pool.ready())
                    .as("ready servers at hour %s, with room for %s", hour, room)
                    .isGreaterThanOrEqualTo(scenario.pool().minServers());
        }
    }

    /** As many may be started beyond the maximum before those of a leaving node go. */
    private int mostOnANode() {
        return scenario.leavingEveryHours() > 0 ? scenario.nodeMiB() / Scenario.SERVER_MIB : 0;
    }
}
