/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Users who come, work and go, each through one of two proxies. */
final class SimulatedUsers {
    private static final double LONGEST = 6;
    private static final long SHORTEST_MS = 30_000;

    /** From the binding until the server has the session: a connection, a handshake. */
    private static final int ON_THE_WAY_MS = 2_000;

    private record Arriving(long atMs, Session session) {}

    private final Random random;
    private final List<SimulatedProxy> proxies;
    private final PriorityQueue<Session> live = new PriorityQueue<>();
    private final Deque<Arriving> arriving = new ArrayDeque<>();
    private final Map<String, Integer> bound = new HashMap<>();
    private final Map<String, Integer> onServer = new HashMap<>();
    private final Map<DeathCause, Integer> lost = new EnumMap<>(DeathCause.class);
    private final Set<String> changed = new HashSet<>();
    private double due;
    private long came;
    private long waited;
    private long longestWaitMs;
    private long onDraining;
    private @Nullable ProxySnapshot published;

    SimulatedUsers(Random random, List<SimulatedProxy> proxies) {
        this.random = random;
        this.proxies = proxies;
    }

    /**
     * Lets time pass.
     *
     * @param servers what the registry holds
     * @param answers whether a server can be reached
     */
    void pass(
            Scenario scenario, Map<String, ServerRecord> servers, Predicate<String> answers, long nowMs, long stepMs) {
        while (!arriving.isEmpty() && arriving.getFirst().atMs() <= nowMs) {
            arrive(arriving.removeFirst().session());
        }
        while (!live.isEmpty() && live.peek().endsMs <= nowMs) {
            leave(live.remove());
        }
        int arrivals = arrivals(scenario, nowMs, stepMs);
        for (int i = 0; i < arrivals; i++) {
            Session session = new Session(came++, nowMs, length(scenario, nowMs));
            SimulatedProxy proxy = proxies.get(random.nextInt(proxies.size()));
            session.proxy = proxy;
            proxy.held.addLast(session);
        }
        int limit = scenario.pool().sessionsPerServer();
        for (SimulatedProxy proxy : proxies) {
            proxy.registryHolds(servers, nowMs);
            proxy.looks(nowMs);
            while (!proxy.held.isEmpty()) {
                String server =
                        proxy.emptiest(limit, id -> answers.test(id) ? bound.getOrDefault(id, 0) : Integer.MAX_VALUE);
                if (server == null) {
                    break;
                }
                ServerRecord record = servers.get(server);
                onDraining += record == null || record.state() != ServerState.READY ? 1 : 0;
                bind(proxy.held.removeFirst(), proxy, server, nowMs);
            }
        }
    }

    private void bind(Session session, SimulatedProxy proxy, String server, long nowMs) {
        if (nowMs > session.cameMs) {
            waited++;
            longestWaitMs = Math.max(longestWaitMs, nowMs - session.cameMs);
        }
        session.server = server;
        session.endsMs = nowMs + session.lastsMs;
        live.add(session);
        proxy.binds(server);
        bound.merge(server, 1, Integer::sum);
        arriving.addLast(new Arriving(nowMs + ON_THE_WAY_MS, session));
    }

    private void arrive(Session session) {
        // Else its server ended before it came.
        if (bound.containsKey(session.server)) {
            onServer.merge(session.server, 1, Integer::sum);
            changed.add(session.server);
        }
    }

    private void leave(Session session) {
        bound.computeIfPresent(session.server, (id, count) -> count == 1 ? null : count - 1);
        onServer.computeIfPresent(session.server, (id, count) -> count == 1 ? null : count - 1);
        Objects.requireNonNull(session.proxy).releases(session.server);
        changed.add(session.server);
    }

    /** The server is gone, and its sessions with it. */
    void serverEnded(String server, DeathCause why) {
        onServer.remove(server);
        Integer sessions = bound.remove(server);
        if (sessions != null) {
            lost.merge(why, sessions, Integer::sum);
            live.removeIf(session -> session.server.equals(server));
            proxies.forEach(proxy -> proxy.forgets(server));
        }
    }

    private int arrivals(Scenario scenario, long nowMs, long stepMs) {
        double mean = scenario.arrivalsPerHour(nowMs / 3_600_000.0) * stepMs / 3_600_000.0;
        if (!scenario.evenUsers()) {
            return poisson(mean);
        }
        due += mean;
        int now = (int) due;
        due -= now;
        return now;
    }

    /** Most sessions are short and some very long; after some hours all give up. */
    private long length(Scenario scenario, long nowMs) {
        double mean = scenario.sessionMinutes(nowMs / 3_600_000.0);
        double spread = scenario.evenUsers() ? 0 : scenario.sessionSpread();
        double minutes = mean * StrictMath.exp(spread * random.nextGaussian() - spread * spread / 2);
        return Math.max(SHORTEST_MS, (long) (Math.min(minutes, LONGEST * mean) * 60_000));
    }

    /** As the server counts them. */
    int on(String server) {
        return onServer.getOrDefault(server, 0);
    }

    /** As the proxies have told of them. */
    int toldOn(String server) {
        return published == null
                ? 0
                : published.proxies().values().stream()
                        .mapToInt(proxy -> proxy.sessionsByServer().getOrDefault(server, 0))
                        .sum();
    }

    /** Whether the server's sessions have changed since this was last asked. */
    boolean tookNote(String server) {
        return changed.remove(server);
    }

    /** What the proxies write now; null when they keep silent. */
    @Nullable
    ProxySnapshot publish(long nowMs) {
        Map<String, ProxyRecord> records = new TreeMap<>();
        for (SimulatedProxy proxy : proxies) {
            ProxyRecord record = proxy.tells(nowMs);
            records.put(record.proxyId(), record);
        }
        ProxySnapshot now = new ProxySnapshot(records, true);
        if (now.equals(published)) {
            return null;
        }
        published = now;
        return now;
    }

    /** A new attempt has to hear everything. */
    void forgetPublished() {
        published = null;
    }

    private int poisson(double mean) {
        double limit = StrictMath.exp(-mean);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }

    int live() {
        return live.size();
    }

    int held() {
        return proxies.stream().mapToInt(proxy -> proxy.held.size()).sum();
    }

    long came() {
        return came;
    }

    /** Sessions that did not get a server at once. */
    long waited() {
        return waited;
    }

    long longestWaitMs() {
        return longestWaitMs;
    }

    /** Sessions that a proxy gave to a server which drained already. */
    long onDraining() {
        return onDraining;
    }

    int lost(DeathCause why) {
        return lost.getOrDefault(why, 0);
    }

    Map<DeathCause, Integer> lost() {
        return Map.copyOf(lost);
    }
}
