/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Sessions that wait for a server with room, in the order in which they came. Confined to the core thread. */
final class HeldStreams {
    private final RouterState state;
    private final TreeMap<Long, Resolution> held = new TreeMap<>();

    HeldStreams(RouterState state) {
        this.state = state;
    }

    void hold(Resolution resolution) {
        resolution.phase = Resolution.Phase.HELD;
        held.put(resolution.number, resolution);
    }

    void remove(Resolution resolution) {
        held.remove(resolution.number);
    }

    /** Takes all out, in order, so that each can try again; who finds no room is held again in its old place. */
    List<Resolution> takeAll() {
        List<Resolution> all = List.copyOf(held.values());
        held.clear();
        return all;
    }

    int size() {
        return held.size();
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    /** Shows the streams that have waited for as long as they may. */
    void overdue(Seats.Shortage shortage, Consumer<Resolution> withOverdue) {
        long now = state.now();
        for (Resolution resolution : List.copyOf(held.values())) {
            if (resolution.waiters().stream().anyMatch(waiter -> isOverdue(waiter, shortage, now))) {
                withOverdue.accept(resolution);
            }
        }
    }

    boolean isOverdue(Waiter waiter, Seats.Shortage shortage, long now) {
        RouterSettings settings = state.settings;
        long patience = (waiter.method.isNeverRetried() ? settings.holdUploads() : settings.hold()).toMillis();
        boolean nothingComing = shortage == Seats.Shortage.ALL_FULL && state.fleet.startingServers() == 0;
        if (nothingComing) {
            patience = Math.min(patience, settings.holdWhenFull().toMillis());
        }
        return now - waiter.sinceMs >= patience;
    }
}
