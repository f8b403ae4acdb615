/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Users who come, work and go, and the proxy that gives each session the emptiest server. */
final class SimulatedUsers {
    private static final double SPREAD = 0.8;
    private static final double LONGEST = 6;

    private static final class Session implements Comparable<Session> {
        final long number;
        final long cameMs;
        final long lastsMs;
        long endsMs;
        String server = "";

        Session(long number, long cameMs, long lastsMs) {
            this.number = number;
            this.cameMs = cameMs;
            this.lastsMs = lastsMs;
        }

        @Override
        public int compareTo(Session other) {
            int byTime = Long.compare(endsMs, other.endsMs);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private final Random random;
    private final PriorityQueue<Session> live = new PriorityQueue<>();
    private final Deque<Session> held = new ArrayDeque<>();
    private final Map<String, Integer> onServer = new HashMap<>();
    private final Map<DeathCause, Integer> lost = new EnumMap<>(DeathCause.class);
    private final Set<String> changed = new HashSet<>();
    private long came;
    private long waited;
    private long longestWaitMs;
    private @Nullable ProxySnapshot published;
    private long publishedAtMs;

    SimulatedUsers(Random random) {
        this.random = random;
    }

    void pass(Scenario scenario, Collection<ServerRecord> servers, long nowMs, long stepMs) {
        while (!live.isEmpty() && live.peek().endsMs <= nowMs) {
            leave(live.remove());
        }
        double hour = nowMs / 3_600_000.0;
        int arrivals = poisson(scenario.arrivalsPerHour(hour) * stepMs / 3_600_000.0);
        double mean = scenario.sessionMinutes(hour);
        for (int i = 0; i < arrivals; i++) {
            // Most sessions are short and some very long; after some hours all give up.
            double minutes = mean * StrictMath.exp(SPREAD * random.nextGaussian() - SPREAD * SPREAD / 2);
            held.addLast(new Session(came++, nowMs, (long) (Math.min(minutes, LONGEST * mean) * 60_000)));
        }
        int limit = scenario.pool().sessionsPerServer();
        while (!held.isEmpty()) {
            String emptiest = null;
            int fewest = limit;
            for (ServerRecord server : servers) {
                int sessions = onServer.getOrDefault(server.serverId(), 0);
                if (server.state() == ServerState.READY && sessions < fewest) {
                    fewest = sessions;
                    emptiest = server.serverId();
                }
            }
            if (emptiest == null) {
                break;
            }
            Session next = held.removeFirst();
            if (nowMs > next.cameMs) {
                waited++;
                longestWaitMs = Math.max(longestWaitMs, nowMs - next.cameMs);
            }
            next.server = emptiest;
            next.endsMs = nowMs + next.lastsMs;
            live.add(next);
            onServer.merge(emptiest, 1, Integer::sum);
            changed.add(emptiest);
        }
    }

    private void leave(Session session) {
        onServer.computeIfPresent(session.server, (id, count) -> count == 1 ? null : count - 1);
        changed.add(session.server);
    }

    /** The server is gone, and its sessions with it. */
    void serverEnded(String server, DeathCause why) {
        Integer sessions = onServer.remove(server);
        if (sessions != null) {
            lost.merge(why, sessions, Integer::sum);
            live.removeIf(session -> session.server.equals(server));
        }
    }

    int on(String server) {
        return onServer.getOrDefault(server, 0);
    }

    /** Whether the server's sessions have changed since this was last asked. */
    boolean tookNote(String server) {
        return changed.remove(server);
    }

    /** What the proxy writes now; null when it keeps silent. As the real one, it tells of waiting sessions at once. */
    @Nullable
    ProxySnapshot publish(long nowMs) {
        Map<String, Integer> waiting = held.isEmpty() ? Map.of() : Map.of("", held.size());
        ProxyRecord record = new ProxyRecord(
                "p", "primary:15002", "", live.size(), live.size(), held.size(), 0, waiting, Map.copyOf(onServer));
        ProxySnapshot now = new ProxySnapshot(Map.of("p", record), true);
        boolean urgent = published == null || heldIn(published) < held.size();
        if (now.equals(published) || (!urgent && nowMs - publishedAtMs < 10_000)) {
            return null;
        }
        published = now;
        publishedAtMs = nowMs;
        return now;
    }

    /** A new attempt has to hear everything. */
    void forgetPublished() {
        published = null;
    }

    private static int heldIn(ProxySnapshot snapshot) {
        return snapshot.proxies().values().stream()
                .mapToInt(ProxyRecord::heldStreams)
                .sum();
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
        return held.size();
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

    int lost(DeathCause why) {
        return lost.getOrDefault(why, 0);
    }

    Map<DeathCause, Integer> lost() {
        return Map.copyOf(lost);
    }
}
