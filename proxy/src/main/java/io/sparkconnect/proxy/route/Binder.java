/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds sessions to servers: in the registry, where the first proxy wins, or in memory until the registry is back. Confined to
 * the core thread.
 */
final class Binder {
    private static final Logger LOG = LoggerFactory.getLogger(Binder.class);

    private final RouterState state;
    private final Answers answers;
    private final WriteBehind writeBehind;
    private final ResolutionSteps steps;

    Binder(RouterState state, Answers answers, WriteBehind writeBehind, ResolutionSteps steps) {
        this.state = state;
        this.answers = answers;
        this.writeBehind = writeBehind;
        this.steps = steps;
    }

    /** Writes the binding before the first byte goes out. A seat is reserved. */
    void bind(Resolution resolution, String serverId, RouterEvent event) {
        resolution.phase = Resolution.Phase.ASKING;
        Binding proposed = proposal(resolution.key, serverId);
        SessionBinding record = proposed.record(state.clock);
        state.questions.ask(
                () -> state.table.bindIfAbsent(record),
                state.registryPatienceMs(),
                (winner, failure) -> {
                    if (winner == null) {
                        // It may have been written: the same server must be kept, or the two would differ.
                        LOG.warn("session={} server={} could not be written down", resolution.key, serverId, failure);
                        state.count(RouterEvent.REGISTRY_FAILURES);
                        keepInMemory(resolution, proposed, event);
                        return;
                    }
                    if (winner.serverId().equals(serverId)) {
                        state.seats.release(serverId);
                        state.count(event);
                    } else {
                        state.seats.undo(serverId);
                        state.count(RouterEvent.BINDING_FOUND);
                    }
                    Binding binding = Binding.of(resolution.key, winner, state.clock);
                    state.bind(binding);
                    steps.settle(resolution, binding);
                },
                late -> writeBehind.obey(resolution.key, late));
    }

    /** The binding holds in memory until the registry is back. A seat is reserved. */
    void keepInMemory(Resolution resolution, String serverId, RouterEvent event) {
        keepInMemory(resolution, proposal(resolution.key, serverId), event);
    }

    /** The session has seen a server, and no server knows it: never a silent new home. */
    void lose(Resolution resolution) {
        Binding tombstone = proposal(resolution.key, Binding.LOST);
        state.bind(tombstone);
        steps.settle(resolution, tombstone);
    }

    private void keepInMemory(Resolution resolution, Binding binding, RouterEvent event) {
        if (writeBehind.isFull()) {
            state.seats.undo(binding.serverId);
            resolution.takeWaiters().forEach(waiter -> answers.refuse(waiter, answers::registryAway));
            steps.end(resolution);
            return;
        }
        state.seats.release(binding.serverId);
        state.count(event);
        state.bind(binding);
        writeBehind.add(binding);
        steps.settle(resolution, binding);
    }

    private Binding proposal(SessionKey key, String serverId) {
        long now = state.now();
        return new Binding(key, serverId, state.poolOf(serverId), now, now, false);
    }
}
