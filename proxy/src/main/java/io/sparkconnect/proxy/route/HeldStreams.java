/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that wait, in the order in which they came: new ones for a server with room, others for any server that can be
 * asked for them. Confined to the core thread.
 */
final class HeldStreams {
    private final RouterState state;
    private final TreeMap<Long, Resolution> forASeat = new TreeMap<>();
    private final TreeMap<Long, Resolution> forAServer = new TreeMap<>();

    HeldStreams(RouterState state) {
        this.state = state;
    }

    void hold(Resolution resolution) {
        remove(resolution);
        resolution.phase = Resolution.Phase.HELD;
        (resolution.hasSeenAServer() ? forAServer : forASeat).put(resolution.number, resolution);
    }

    void remove(Resolution resolution) {
        forASeat.remove(resolution.number);
        forAServer.remove(resolution.number);
    }

    /** Whether somebody came before who wants what a new session wants. */
    boolean anyForASeat() {
        return !forASeat.isEmpty();
    }

    int size() {
        return forASeat.size() + forAServer.size();
    }

    boolean isEmpty() {
        return forASeat.isEmpty() && forAServer.isEmpty();
    }

    /** Who is first in the queue for a seat; stays in it until {@link #remove}. */
    @Nullable
    Resolution firstForASeat() {
        Map.Entry<Long, Resolution> first = forASeat.firstEntry();
        return first == null ? null : first.getValue();
    }

    /** Takes out all sessions that were held while the registry could not be asked for their bindings. */
    List<Resolution> takeThoseNeverLookedUp() {
        List<Resolution> taken = new ArrayList<>();
        for (TreeMap<Long, Resolution> queue : List.of(forASeat, forAServer)) {
            queue.values().stream()
                    .filter(resolution -> resolution.bindingUnknown)
                    .forEach(taken::add);
        }
        taken.forEach(this::remove);
        return taken;
    }

    /** Takes out all sessions that have a server somewhere. */
    List<Resolution> takeThoseForAServer() {
        List<Resolution> all = List.copyOf(forAServer.values());
        forAServer.clear();
        return all;
    }

    /** Shows the streams that have waited for as long as they may. */
    void overdue(Seats.Shortage shortage, Consumer<Resolution> withOverdue) {
        long now = state.now();
        List<Resolution> all = new ArrayList<>(forASeat.values());
        all.addAll(forAServer.values());
        for (Resolution resolution : all) {
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
