/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that wait, in the order in which they came: new ones for a server with room, others for any server that can be
 * asked for them. Confined to the core thread.
 */
final class HeldStreams {
    private final RouterState state;
    /** By pool. */
    private final TreeMap<String, TreeMap<Long, Resolution>> forASeat = new TreeMap<>();

    private final TreeMap<Long, Resolution> forAServer = new TreeMap<>();
    private int streams;

    HeldStreams(RouterState state) {
        this.state = state;
    }

    void hold(Resolution resolution) {
        remove(resolution);
        resolution.phase = Resolution.Phase.HELD;
        TreeMap<Long, Resolution> queue = resolution.hasSeenAServer()
                ? forAServer
                : forASeat.computeIfAbsent(resolution.pool, pool -> new TreeMap<>());
        queue.put(resolution.number, resolution);
        recount(resolution);
    }

    /** How many more streams may be held; negative when those that are never limited stand beyond the limit. */
    int room() {
        return state.settings.maxHeld() - streams;
    }

    /** To be called when streams of a held session were answered or went away. */
    void recount(Resolution resolution) {
        count(resolution, resolution.size());
    }

    private void count(Resolution resolution, int held) {
        streams += held - resolution.heldStreams;
        resolution.heldStreams = held;
        state.heldStreams = streams;
    }

    /** To be called before the resolution gets another pool. */
    void remove(Resolution resolution) {
        forASeat.computeIfPresent(resolution.pool, (pool, queue) -> {
            queue.remove(resolution.number);
            return queue.isEmpty() ? null : queue;
        });
        forAServer.remove(resolution.number);
        count(resolution, 0);
    }

    /** Whether somebody came before who wants what a new session of the pool wants. */
    boolean anyForASeat(String pool) {
        return forASeat.containsKey(pool);
    }

    /** Pools for which somebody waits. */
    List<String> pools() {
        return List.copyOf(forASeat.keySet());
    }

    /** How many wait, by pool; those that have a server somewhere under {@link Fleet#ANY_POOL}. */
    Map<String, Integer> countByPool() {
        Map<String, Integer> counts = new HashMap<>();
        forASeat.forEach((pool, queue) -> counts.put(pool, queue.size()));
        if (!forAServer.isEmpty()) {
            counts.merge(Fleet.ANY_POOL, forAServer.size(), Integer::sum);
        }
        return Map.copyOf(counts);
    }

    boolean isEmpty() {
        return forASeat.isEmpty() && forAServer.isEmpty();
    }

    /** Who is first in the pool's queue for a seat; stays in it until {@link #remove}. */
    @Nullable
    Resolution firstForASeat(String pool) {
        TreeMap<Long, Resolution> queue = forASeat.get(pool);
        return queue == null ? null : queue.firstEntry().getValue();
    }

    /** Takes out all sessions that were held while the registry could not be asked for their bindings. */
    List<Resolution> takeThoseNeverLookedUp() {
        List<Resolution> taken =
                all().stream().filter(resolution -> resolution.bindingUnknown).toList();
        taken.forEach(this::remove);
        return taken;
    }

    /** Takes out all sessions that wait for a server of their pool. */
    List<Resolution> takeThoseForASeat() {
        List<Resolution> taken = forASeat.values().stream()
                .flatMap(queue -> queue.values().stream())
                .toList();
        forASeat.clear();
        taken.forEach(resolution -> count(resolution, 0));
        return taken;
    }

    private List<Resolution> all() {
        List<Resolution> all = new ArrayList<>();
        forASeat.values().forEach(queue -> all.addAll(queue.values()));
        all.addAll(forAServer.values());
        return all;
    }

    /** Takes out all sessions that have a server somewhere. */
    List<Resolution> takeThoseForAServer() {
        List<Resolution> all = List.copyOf(forAServer.values());
        forAServer.clear();
        all.forEach(resolution -> count(resolution, 0));
        return all;
    }

    /** Shows the streams that have waited for as long as they may. */
    void overdue(Function<String, Seats.Shortage> shortage, Consumer<Resolution> withOverdue) {
        long now = state.now();
        for (Resolution resolution : all()) {
            Seats.Shortage shortageOfPool = shortage.apply(resolution.pool);
            if (resolution.waiters().stream()
                    .anyMatch(waiter -> isOverdue(waiter, resolution.pool, shortageOfPool, now))) {
                withOverdue.accept(resolution);
            }
        }
    }

    boolean isOverdue(Waiter waiter, String pool, Seats.Shortage shortage, long now) {
        RouterSettings settings = state.settings;
        long patience = settings.hold(waiter.method).toMillis();
        boolean nothingComing = shortage == Seats.Shortage.ALL_FULL && state.fleet.starting(pool) == 0;
        if (nothingComing) {
            patience = Math.min(patience, settings.holdWhenFull().toMillis());
        }
        return now - waiter.sinceMs >= patience;
    }
}
