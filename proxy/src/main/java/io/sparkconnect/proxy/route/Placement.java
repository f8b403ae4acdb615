/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Gives sessions without a binding a server, or finds the one that they have. Confined to the core thread. */
final class Placement {
    private final RouterState state;
    private final Answers answers;
    private final Inquiry inquiry;
    private final Binder binder;
    private final HeldStreams held;
    private final ResolutionSteps steps;

    Placement(
            RouterState state,
            Answers answers,
            Inquiry inquiry,
            Binder binder,
            HeldStreams held,
            ResolutionSteps steps) {
        this.state = state;
        this.answers = answers;
        this.inquiry = inquiry;
        this.binder = binder;
        this.held = held;
        this.steps = steps;
    }

    /** The registry has said that there is no binding, or none that can be read. */
    void withoutBinding(Resolution resolution) {
        resolution.bindingUnknown = false;
        boolean seen = resolution.hasSeenAServer();
        boolean maySee = !seen && state.mayRecall() && !resolution.isSurelyNew();
        answerWhatNeedsNoServer(resolution, !seen && !maySee);
        if (resolution.isEmpty()) {
            steps.end(resolution);
        } else if (!state.fleet.connected()) {
            withoutRegistry(resolution);
        } else if (maySee && state.fleet.hasReachable() && inquiry.isPossible()) {
            recall(resolution);
        } else if (!seen) {
            choosePoolAndPlace(resolution);
        } else if (!state.fleet.hasReachable()) {
            hold(resolution);
        } else if (!inquiry.isPossible()) {
            binder.lose(resolution);
        } else {
            locate(resolution, binder::bind, result -> {
                if (result instanceof LocateSearch.Result.Unsure unsure) {
                    refuseAll(resolution, () -> answers.locateUnsure(unsure.silent()));
                } else {
                    binder.lose(resolution);
                }
            });
        }
    }

    /** The process before may have placed the session in its own memory. */
    private void recall(Resolution resolution) {
        locate(resolution, binder::bind, result -> {
            // A server that keeps silent must not keep every new session waiting: no answer counts as no.
            answerWhatNeedsNoServer(resolution, true);
            if (resolution.isEmpty()) {
                steps.end(resolution);
            } else {
                choosePoolAndPlace(resolution);
            }
        });
    }

    /** The registry does not answer. */
    void withoutRegistry(Resolution resolution) {
        resolution.bindingUnknown = true;
        if (!state.fleet.hasReachable()) {
            answerWhatNeedsNoServer(resolution, false);
            choosePool(resolution);
            hold(resolution);
            return;
        }
        boolean away = !state.fleet.connected();
        BooleanSupplier isBack = () -> away && state.fleet.connected();
        locate(resolution, isBack, binder::keepInMemory, result -> {
            if (isBack.getAsBoolean()) {
                steps.find(resolution);
            } else {
                placeByHash(resolution, result instanceof LocateSearch.Result.Nowhere);
            }
        });
    }

    private void locate(Resolution resolution, ToServer toServer, Consumer<LocateSearch.Result> otherwise) {
        locate(resolution, () -> false, toServer, otherwise);
    }

    /**
     * Asks the servers; the one that has the session gets it.
     *
     * @param isNeedless whether there is a better way by now, when they could be asked
     */
    private void locate(
            Resolution resolution,
            BooleanSupplier isNeedless,
            ToServer toServer,
            Consumer<LocateSearch.Result> otherwise) {
        inquiry.locate(resolution, isNeedless, result -> {
            if (result instanceof LocateSearch.Result.Found found) {
                state.seats.reserve(found.serverId(), state.now());
                toServer.bind(resolution, found.serverId(), RouterEvent.LOCATED);
            } else {
                otherwise.accept(result);
            }
        });
    }

    /** How a session gets the server that has it. */
    private interface ToServer {
        void bind(Resolution resolution, String serverId, RouterEvent event);
    }

    /** A further stream has come for a session that is held. */
    void joinedHeld(Resolution resolution) {
        answerWhatNeedsNoServer(resolution, !resolution.hasSeenAServer());
        hold(resolution);
    }

    /** Servers, loads or suspicions may have changed: whoever came first is served first. */
    void placeHeld() {
        if (held.isEmpty()) {
            return;
        }
        if (state.fleet.connected()) {
            held.takeThoseNeverLookedUp().forEach(steps::find);
        }
        if (state.fleet.hasReachable()) {
            held.takeThoseForAServer().forEach(steps::find);
        }
        for (String pool : held.pools()) {
            Resolution first = held.firstForASeat(pool);
            while (first != null && seat(first)) {
                held.remove(first);
                first = held.firstForASeat(pool);
            }
        }
    }

    /** There are other pools, or others go to them: who waits may wait for another one now, or for none. */
    void chooseAnew() {
        held.takeThoseForASeat().forEach(steps::find);
    }

    private void choosePoolAndPlace(Resolution resolution) {
        choosePool(resolution);
        if (resolution.isEmpty()) {
            steps.end(resolution);
        } else {
            place(resolution);
        }
    }

    /**
     * The pool of a session that has no server yet: what its client asks for, else what its user's rule says, else the default.
     * Of several streams at once the first decides; those that ask for a pool that there is not are refused.
     */
    private void choosePool(Resolution resolution) {
        for (Waiter waiter : resolution.waiters()) {
            String asked = waiter.askedPool;
            if (asked != null && !state.fleet.mayHave(asked)) {
                resolution.remove(waiter);
                answers.refuse(waiter, () -> answers.unknownPool(asked));
            }
        }
        if (!resolution.isEmpty()) {
            String asked = resolution.waiters().get(0).askedPool;
            resolution.pool = asked == null ? state.fleet.poolOf(resolution.key.userId()) : asked;
        }
    }

    private void place(Resolution resolution) {
        // Not before those who wait already: the next change or tick serves all in their order.
        if (held.anyForASeat(resolution.pool) || !seat(resolution)) {
            hold(resolution);
        }
    }

    /** Begins to bind the session to a server with room; false when there is none. */
    private boolean seat(Resolution resolution) {
        if (!state.fleet.connected()) {
            return seatByHash(resolution);
        }
        Optional<String> seat = state.seats.take(state.fleet, resolution.pool, state.now());
        seat.ifPresent(serverId -> binder.bind(resolution, serverId, RouterEvent.PLACED));
        return seat.isPresent();
    }

    private boolean seatByHash(Resolution resolution) {
        Optional<String> seat = state.seats.takeByHash(resolution.key, state.fleet, resolution.pool, state.now());
        seat.ifPresent(serverId -> binder.keepInMemory(resolution, serverId, RouterEvent.PLACED));
        return seat.isPresent();
    }

    /** Rule 7: all proxies find the same server without talking. */
    private void placeByHash(Resolution resolution, boolean surelyNowhere) {
        boolean seen = resolution.hasSeenAServer();
        answerWhatNeedsNoServer(resolution, surelyNowhere && !seen);
        for (Waiter waiter : resolution.waiters()) {
            // A server that we do not know of, or that kept silent, may have the session or its operation.
            if (seen || waiter.method == ConnectMethod.REATTACH_EXECUTE) {
                resolution.remove(waiter);
                answers.refuse(waiter, answers::registryAway);
            }
        }
        choosePool(resolution);
        if (resolution.isEmpty()) {
            steps.end(resolution);
        } else if (!seatByHash(resolution)) {
            hold(resolution);
        }
    }

    /** Streams that were held before keep their place; others are held while there is room. */
    private void hold(Resolution resolution) {
        int room = held.room();
        for (Waiter waiter : resolution.waiters()) {
            if (waiter.hasBeenHeld) {
                continue;
            }
            if (room-- > 0 || waiter.method.isNeverLimited()) {
                waiter.hasBeenHeld = true;
                state.count(RouterEvent.HELD);
            } else {
                resolution.remove(waiter);
                answers.refuse(waiter, answers::tooManyHeld);
            }
        }
        if (resolution.isEmpty()) {
            steps.end(resolution);
        } else {
            held.hold(resolution);
        }
    }

    /** @param operationsToo whether ReattachExecute can be told that there is no operation */
    private void answerWhatNeedsNoServer(Resolution resolution, boolean operationsToo) {
        for (Waiter waiter : resolution.waiters()) {
            boolean reattach = waiter.method == ConnectMethod.REATTACH_EXECUTE;
            if (waiter.method.isRelease() || (reattach && operationsToo)) {
                resolution.remove(waiter);
                answers.refuse(waiter, () -> answers.operationNotFound(resolution.key));
            }
        }
    }

    private void refuseAll(Resolution resolution, Supplier<RoutingDecision> answer) {
        resolution.takeWaiters().forEach(waiter -> answers.refuse(waiter, answer));
        steps.end(resolution);
    }
}
