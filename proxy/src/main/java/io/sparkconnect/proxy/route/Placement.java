/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives sessions without a binding a server, or finds the one that they have. Confined to the core thread. */
final class Placement {
    private static final Logger LOG = LoggerFactory.getLogger(Placement.class);

    /** Whose resolutions these are. */
    interface Owner {
        /** Looks the binding up (again), or ends the resolution when nobody waits any more. */
        void find(Resolution resolution);

        /** Answers all waiters, now that the binding is known. */
        void settle(Resolution resolution, Binding binding);

        /** Nobody waits any more. */
        void end(Resolution resolution);
    }

    private final RouterState state;
    private final Answers answers;
    private final WriteBehind writeBehind;
    private final @Nullable SessionLocator locator;
    private final Supplier<UUID> randomOperations;
    private final Owner owner;
    private final HeldStreams held;

    Placement(
            RouterState state,
            Answers answers,
            WriteBehind writeBehind,
            @Nullable SessionLocator locator,
            Supplier<UUID> randomOperations,
            Owner owner) {
        this.state = state;
        this.answers = answers;
        this.writeBehind = writeBehind;
        this.locator = locator;
        this.randomOperations = randomOperations;
        this.owner = owner;
        this.held = new HeldStreams(state);
    }

    /** The registry has said that there is no binding. */
    void withoutBinding(Resolution resolution) {
        boolean seen = resolution.hasSeenAServer();
        answerWhatNeedsNoServer(resolution, !seen);
        if (resolution.isEmpty()) {
            owner.end(resolution);
        } else if (!state.fleet.connected()) {
            withoutRegistry(resolution);
        } else if (!seen) {
            place(resolution);
        } else if (!state.fleet.hasReachable()) {
            hold(resolution);
        } else if (locator == null) {
            lost(resolution);
        } else {
            locate(locator, resolution, result -> {
                if (result instanceof LocateSearch.Result.Found found) {
                    located(resolution, found.serverId());
                } else if (result instanceof LocateSearch.Result.Unsure unsure) {
                    refuseAll(resolution, () -> answers.locateUnsure(unsure.silent()));
                } else {
                    lost(resolution);
                }
            });
        }
    }

    /** The registry does not answer. */
    void withoutRegistry(Resolution resolution) {
        if (!state.fleet.hasReachable()) {
            answerWhatNeedsNoServer(resolution, false);
            hold(resolution);
        } else if (locator == null) {
            placeByHash(resolution, false);
        } else {
            locate(locator, resolution, result -> {
                if (result instanceof LocateSearch.Result.Found found) {
                    state.seats.reserve(found.serverId(), state.now());
                    keepInMemory(resolution, proposal(resolution.key, found.serverId()), RouterEvent.LOCATED);
                } else {
                    placeByHash(resolution, result instanceof LocateSearch.Result.Nowhere);
                }
            });
        }
    }

    /** A further stream has come for a session that is held. */
    void joinedHeld(Resolution resolution) {
        state.count(RouterEvent.HELD);
        answerWhatNeedsNoServer(resolution, !resolution.hasSeenAServer());
        if (resolution.isEmpty()) {
            owner.end(resolution);
        }
    }

    /** Servers, loads or suspicions may have changed: whoever came first is served first. */
    void placeHeld() {
        if (held.isEmpty()) {
            return;
        }
        boolean roomLeft = true;
        for (Resolution resolution : held.takeAll()) {
            if (resolution.hasSeenAServer()) {
                if (state.fleet.hasReachable()) {
                    owner.find(resolution);
                } else {
                    held.hold(resolution);
                }
            } else {
                roomLeft = roomLeft && seat(resolution);
                if (!roomLeft) {
                    held.hold(resolution);
                }
            }
        }
    }

    void refuseOverdue() {
        if (held.isEmpty()) {
            return;
        }
        long now = state.now();
        Seats.Shortage shortage = state.seats.shortage(state.fleet, now);
        held.overdue(shortage, resolution -> {
            for (Waiter waiter : resolution.waiters()) {
                if (held.isOverdue(waiter, shortage, now)) {
                    resolution.remove(waiter);
                    refuse(waiter, () -> switch (shortage) {
                        case NO_SERVER -> answers.noServer();
                        case ALL_FULL -> answers.poolFull();
                    });
                }
            }
            if (resolution.isEmpty()) {
                owner.end(resolution);
            }
        });
    }

    int heldSessions() {
        return held.size();
    }

    void forget(Resolution resolution) {
        held.remove(resolution);
    }

    private void place(Resolution resolution) {
        // Not before those who wait already: the next change or tick serves all in their order.
        if (!held.isEmpty() || !seat(resolution)) {
            hold(resolution);
        }
    }

    /** Begins to bind the session to a server with room; false when there is none. */
    private boolean seat(Resolution resolution) {
        boolean connected = state.fleet.connected();
        Optional<String> seat = connected
                ? state.seats.take(state.fleet, state.now())
                : state.seats.takeByHash(resolution.key, state.fleet, state.now());
        if (seat.isEmpty()) {
            return false;
        }
        if (connected) {
            bind(resolution, seat.get(), RouterEvent.PLACED);
        } else {
            keepInMemory(resolution, proposal(resolution.key, seat.get()), RouterEvent.PLACED);
        }
        return true;
    }

    /** Rule 7: all proxies find the same server without talking. */
    private void placeByHash(Resolution resolution, boolean surelyNowhere) {
        boolean seen = resolution.hasSeenAServer();
        answerWhatNeedsNoServer(resolution, surelyNowhere && !seen);
        for (Waiter waiter : resolution.waiters()) {
            // A server that we do not know of, or that kept silent, may have the session or its operation.
            if (seen || waiter.method == ConnectMethod.REATTACH_EXECUTE) {
                resolution.remove(waiter);
                refuse(waiter, answers::registryAway);
            }
        }
        if (resolution.isEmpty()) {
            owner.end(resolution);
            return;
        }
        Optional<String> seat = state.seats.takeByHash(resolution.key, state.fleet, state.now());
        if (seat.isPresent()) {
            keepInMemory(resolution, proposal(resolution.key, seat.get()), RouterEvent.PLACED);
        } else {
            hold(resolution);
        }
    }

    private void hold(Resolution resolution) {
        if (resolution.isEmpty()) {
            owner.end(resolution);
            return;
        }
        resolution.waiters().forEach(waiter -> state.count(RouterEvent.HELD));
        held.hold(resolution);
    }

    private void locate(SessionLocator asking, Resolution resolution, Consumer<LocateSearch.Result> done) {
        resolution.phase = Resolution.Phase.ASKING;
        List<Backend> servers = state.fleet.members().values().stream()
                .filter(member -> member.presence() != Fleet.Presence.VANISHED)
                .map(Fleet.Member::backend)
                .toList();
        LocateSearch.start(
                asking,
                servers,
                resolution.key,
                randomOperations.get(),
                state.questions,
                state.settings.locateTimeout().toMillis(),
                done);
    }

    private void located(Resolution resolution, String serverId) {
        LOG.info("session={} server={} was not registered, but found by asking", resolution.key, serverId);
        state.seats.reserve(serverId, state.now());
        bind(resolution, serverId, RouterEvent.LOCATED);
    }

    /** The session has seen a server, and no server knows it: never a silent new home. */
    private void lost(Resolution resolution) {
        long now = state.now();
        Binding tombstone = new Binding(resolution.key, Binding.LOST, now, now, false);
        state.bindings.put(tombstone);
        owner.settle(resolution, tombstone);
    }

    /** Writes the binding before the first byte goes out. A seat is reserved. */
    private void bind(Resolution resolution, String serverId, RouterEvent event) {
        resolution.phase = Resolution.Phase.ASKING;
        Binding proposed = proposal(resolution.key, serverId);
        state.questions.ask(
                () -> state.table.bindIfAbsent(proposed.record()),
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
                    Binding binding = Binding.of(resolution.key, winner);
                    state.bindings.put(binding);
                    owner.settle(resolution, binding);
                },
                late -> writeBehind.obey(resolution.key, late));
    }

    /** The binding holds in memory until the registry is back. A seat is reserved. */
    private void keepInMemory(Resolution resolution, Binding binding, RouterEvent event) {
        if (writeBehind.isFull()) {
            state.seats.undo(binding.serverId);
            refuseAll(resolution, answers::registryAway);
            return;
        }
        state.seats.release(binding.serverId);
        state.count(event);
        state.bindings.put(binding);
        writeBehind.add(binding);
        owner.settle(resolution, binding);
    }

    private Binding proposal(SessionKey key, String serverId) {
        long now = state.now();
        return new Binding(key, serverId, now, now, false);
    }

    /** @param operationsToo whether ReattachExecute can be told that there is no operation */
    private void answerWhatNeedsNoServer(Resolution resolution, boolean operationsToo) {
        for (Waiter waiter : resolution.waiters()) {
            boolean reattach = waiter.method == ConnectMethod.REATTACH_EXECUTE;
            if (waiter.method.isRelease() || (reattach && operationsToo)) {
                resolution.remove(waiter);
                refuse(waiter, () -> answers.operationNotFound(resolution.key));
            }
        }
    }

    private void refuseAll(Resolution resolution, Supplier<RoutingDecision> answer) {
        resolution.takeWaiters().forEach(waiter -> refuse(waiter, answer));
        owner.end(resolution);
    }

    private void refuse(Waiter waiter, Supplier<RoutingDecision> answer) {
        RoutingDecision decision = waiter.method.isRelease() ? answers.released(waiter.head.session()) : answer.get();
        waiter.answer(decision, () -> {});
    }
}
