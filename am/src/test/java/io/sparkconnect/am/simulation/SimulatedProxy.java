/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A proxy: it sees the registry some seconds late, gives each session the emptiest of the servers that are ready as far as it
 * knows, and tells of its sessions every ten seconds at most, of waiting ones at once.
 */
final class SimulatedProxy {
    private static final long TELLS_EVERY_MS = 10_000;

    /** Servers ready at a time, seen from then on. */
    private record News(long seenAtMs, Set<String> ready) {}

    private final String name;
    private final Random random;
    private final int latestMs;
    private final Deque<News> underWay = new ArrayDeque<>();
    private final Map<String, Integer> sessions = new HashMap<>();
    final Deque<Session> held = new ArrayDeque<>();
    private Set<String> published = Set.of();
    private Set<String> ready = Set.of();
    private @Nullable ProxyRecord told;
    private long toldAtMs;
    private int bound;

    /** @param latestMs what it sees of the registry is at most so old */
    SimulatedProxy(String name, Random random, int latestMs) {
        this.name = name;
        this.random = random;
        this.latestMs = latestMs;
    }

    /** The registry holds these servers from now on. */
    void registryHolds(Map<String, ServerRecord> servers, long nowMs) {
        Set<String> now = new TreeSet<>();
        servers.forEach((id, server) -> {
            if (server.state() == ServerState.READY) {
                now.add(id);
            }
        });
        if (!now.equals(published)) {
            published = now;
            long before = underWay.isEmpty() ? 0 : underWay.getLast().seenAtMs();
            // Later news never overtake earlier ones.
            underWay.addLast(new News(Math.max(before, nowMs + random.nextInt(latestMs + 1)), now));
        }
    }

    void looks(long nowMs) {
        while (!underWay.isEmpty() && underWay.getFirst().seenAtMs() <= nowMs) {
            ready = underWay.removeFirst().ready();
        }
    }

    /**
     * Of equals the one that the pool gives up first, so that sessions come to where they are not wanted.
     *
     * @return null when no server that it believes in has room and is there
     */
    @Nullable
    String emptiest(int limit, ToIntFunction<String> load) {
        String emptiest = null;
        int fewest = limit - 1;
        for (String server : ready) {
            int has = load.applyAsInt(server);
            if (has <= fewest) {
                fewest = has;
                emptiest = server;
            }
        }
        return emptiest;
    }

    void binds(String server) {
        bound++;
        sessions.merge(server, 1, Integer::sum);
    }

    void releases(String server) {
        bound--;
        sessions.computeIfPresent(server, (id, count) -> count == 1 ? null : count - 1);
    }

    void forgets(String server) {
        Integer gone = sessions.remove(server);
        bound -= gone == null ? 0 : gone;
    }

    /** What it writes of itself now; what it last wrote when it keeps silent. */
    ProxyRecord tells(long nowMs) {
        Map<String, Integer> waiting = held.isEmpty() ? Map.of() : Map.of("", held.size());
        ProxyRecord now = new ProxyRecord(
                name, name + ":15002", "", bound, bound, held.size(), 0, waiting, new TreeMap<>(sessions));
        boolean urgent = told == null || told.heldStreams() < held.size();
        if (told == null || (!now.equals(told) && (urgent || nowMs - toldAtMs >= TELLS_EVERY_MS))) {
            told = now;
            toldAtMs = nowMs;
        }
        return told;
    }

    static List<SimulatedProxy> two(Scenario scenario, long seed) {
        return List.of(
                new SimulatedProxy("p", new Random(seed), scenario.proxiesSeeWithinMs()),
                new SimulatedProxy("q", new Random(seed + 1), scenario.proxiesSeeWithinMs()));
    }
}
