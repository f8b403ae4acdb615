/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, for streams that memory alone cannot decide, which server their session has or gets. Confined to the core
 * thread, so that any number of first RPCs of one session meet in one {@link Resolution}; nothing here blocks it.
 */
final class RouteCore implements ResolutionSteps {
    private static final Logger LOG = LoggerFactory.getLogger(RouteCore.class);

    private static final long STUCK_AFTER_MS = 60_000;

    private final RouterState state;
    private final Answers answers;
    private final WriteBehind writeBehind;

    private final Resolutions resolutions;
    private final Inquiry inquiry;
    private final HeldStreams held;
    private final Placement placement;
    private final OverdueStreams overdue;
    private final BoundStreams bound;
    private final Clones clones;
    private final Endings endings;
    private final FleetWatch fleetWatch;
    private final Sweep sweep;
    private final ForgottenBindings forgotten;
    private final KilledSessions killed;
    private final UnclearUsers unclearUsers;

    RouteCore(
            RouterState state,
            Answers answers,
            Verdicts verdicts,
            WriteBehind writeBehind,
            @Nullable SessionLocator locator,
            @Nullable SessionEnder ender,
            Supplier<UUID> randomIds) {
        this.state = state;
        this.answers = answers;
        this.writeBehind = writeBehind;
        this.resolutions = new Resolutions(state);
        this.held = new HeldStreams(state);
        this.inquiry = new Inquiry(state, locator, ender, randomIds);
        Binder binder = new Binder(state, answers, writeBehind, this);
        this.placement = new Placement(state, answers, inquiry, binder, held, this);
        this.overdue = new OverdueStreams(state, answers, inquiry, held, this);
        this.clones = new Clones(state, writeBehind);
        this.bound = new BoundStreams(state, answers, verdicts, clones, resolutions, this);
        this.endings = new Endings(state, writeBehind, inquiry, resolutions, this, placement::withoutBinding);
        this.fleetWatch = new FleetWatch(state, inquiry, this::tryAgain);
        this.sweep = new Sweep(state, endings::expire, endings::missing, writeBehind);
        this.forgotten = new ForgottenBindings(state, endings::expire);
        this.unclearUsers = new UnclearUsers(state, resolutions);
        this.killed = new KilledSessions(state, answers, resolutions, this, writeBehind, ender);
    }

    /** A stream whose decision needs more than memory. */
    void arrive(Waiter waiter) {
        if (waiter.isOver()) {
            return;
        }
        SessionKey key = waiter.head.session();
        RoutingDecision refusal = killed.answer(key, waiter.method);
        if (refusal != null) {
            waiter.answer(refusal, () -> {});
            return;
        }
        if (unclearUsers.contradicts(waiter.head)) {
            answers.refuse(waiter, () -> answers.unclearUser(key));
            return;
        }
        Resolution underWay = resolutions.get(key);
        if (underWay != null) {
            underWay.add(waiter);
            if (underWay.phase == Resolution.Phase.HELD) {
                placement.joinedHeld(underWay);
            }
            return;
        }
        Resolution resolution = resolutions.begin(key);
        resolution.add(waiter);
        Binding known = state.bindings.get(key);
        if (known != null) {
            settle(resolution, known);
        } else {
            find(resolution);
        }
    }

    /** A stream is gone before its decision. */
    void cancelled(Waiter waiter) {
        Resolution resolution = resolutions.get(waiter.head.session());
        if (resolution == null) {
            return;
        }
        resolution.remove(waiter);
        if (resolution.isEmpty() && resolution.phase.isWithoutQuestion()) {
            end(resolution);
        } else if (resolution.phase == Resolution.Phase.HELD) {
            held.recount(resolution);
        }
    }

    void snapshotChanged(ServerSnapshot snapshot) {
        killed.snapshotChanged(snapshot);
        Fleet before = state.fleet;
        fleetWatch.snapshotChanged(snapshot);
        boolean samePools =
                before.pools().equals(state.fleet.pools()) && Objects.equals(before.routing(), state.fleet.routing());
        if (!samePools) {
            placement.chooseAnew();
        }
    }

    /** To be called several times a second. */
    void tick() {
        state.questions.expire();
        fleetWatch.tick();
        tryAgain();
        overdue.refuse();
        state.heldSessions = held.countByPool();
        writeBehind.flush();
        killed.step();
        sweep.step();
        forgotten.step();
        giveUpStuck();
    }

    /** The connection to a server failed. */
    void serverFailed(String serverId, String cause) {
        fleetWatch.serverFailed(serverId, cause);
    }

    /** The server has ended the session. */
    void sessionEnded(SessionKey key, String serverId) {
        Binding binding = state.bindings.get(key);
        if (binding != null && binding.serverId.equals(serverId)) {
            release(binding);
        }
    }

    void cloneRefused(SessionKey clone, String serverId) {
        clones.refused(clone, serverId, this::release);
    }

    void bindClone(SessionKey clone, String serverId, Runnable done) {
        clones.bind(clone, serverId, true, bound -> done.run());
    }

    private void release(Binding binding) {
        endings.release(binding);
        placement.placeHeld();
    }

    private void tryAgain() {
        bound.settleAgain();
        placement.placeHeld();
    }

    /** Every question has a deadline, so this finds only what a mistake of ours has left behind. */
    private void giveUpStuck() {
        long most = state.settings.holdUploads().toMillis() + STUCK_AFTER_MS;
        for (Resolution resolution : resolutions.all(
                underWay -> !underWay.phase.hasItsOwnDeadline() && state.now() - underWay.sinceMs > most)) {
            LOG.error("session={} phase={} stuck for too long: given up", resolution.key, resolution.phase);
            resolution.takeWaiters().forEach(waiter -> answers.refuse(waiter, answers::registryAway));
            end(resolution);
        }
    }

    @Override
    public void end(Resolution resolution) {
        held.remove(resolution);
        inquiry.drop(resolution);
        resolutions.end(resolution);
    }

    @Override
    public void find(Resolution resolution) {
        resolution.phase = Resolution.Phase.ASKING;
        if (resolution.isEmpty()) {
            end(resolution);
        } else if (!state.fleet.connected()) {
            placement.withoutRegistry(resolution);
        } else {
            state.questions.ask(
                    () -> Registered.in(state.table, resolution.key),
                    state.registryPatienceMs(),
                    (found, failure) -> found(resolution, found, failure));
        }
    }

    private void found(Resolution resolution, @Nullable Registered found, @Nullable Throwable failure) {
        if (found == null && isUnreadable(failure)) {
            state.count(RouterEvent.UNREADABLE_BINDINGS);
            LOG.error("session={} its binding cannot be read; the servers are asked", resolution.key, failure);
            resolution.bindingUnreadable = true;
            placement.withoutBinding(resolution);
        } else if (found == null) {
            state.count(RouterEvent.REGISTRY_FAILURES);
            LOG.warn("session={} its binding could not be looked up", resolution.key, failure);
            placement.withoutRegistry(resolution);
        } else if (found.binding() == null) {
            placement.withoutBinding(resolution);
        } else {
            found(resolution, found.binding());
        }
    }

    private void found(Resolution resolution, SessionBinding record) {
        if (state.looksIdle(record)) {
            endings.endIfForgotten(resolution, record, () -> takeOver(resolution, record));
        } else {
            takeOver(resolution, record);
        }
    }

    private void takeOver(Resolution resolution, SessionBinding record) {
        state.count(RouterEvent.BINDING_FOUND);
        Binding binding = Binding.of(resolution.key, record, state.clock);
        // It is in use, whatever its record says.
        binding.use(state.now());
        state.bind(binding);
        settle(resolution, binding);
    }

    private static boolean isUnreadable(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof RegistryDataException;
    }

    @Override
    public void settle(Resolution resolution, Binding binding) {
        bound.settle(resolution, binding);
    }
}
