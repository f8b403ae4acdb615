/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, for streams that memory alone cannot decide, which server their session has or gets. Confined to the core
 * thread, so that any number of first RPCs of one session meet in one {@link Resolution}; nothing here blocks it.
 */
final class RouteCore implements Placement.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(RouteCore.class);

    /** Connections to a server that only memory vouches for may fail this often in a row before it counts as gone. */
    private static final int FAILURES_THAT_REFUTE = 3;

    private static final long STUCK_AFTER_MS = 60_000;

    private final RouterState state;
    private final Answers answers;
    private final Verdicts verdicts;
    private final WriteBehind writeBehind;

    private final Map<SessionKey, Resolution> resolutions = new HashMap<>();
    private final Placement placement;
    private final Clones clones;
    private final Sweep sweep;
    private final ForgottenBindings forgotten;
    private long arrivals;

    RouteCore(
            RouterState state,
            Answers answers,
            Verdicts verdicts,
            WriteBehind writeBehind,
            @Nullable SessionLocator locator,
            Supplier<UUID> randomOperations) {
        this.state = state;
        this.answers = answers;
        this.verdicts = verdicts;
        this.writeBehind = writeBehind;
        this.placement = new Placement(state, answers, writeBehind, locator, randomOperations, this);
        this.clones = new Clones(state, writeBehind);
        this.sweep = new Sweep(state, this::expire);
        this.forgotten = new ForgottenBindings(state, this::expire);
    }

    /** A stream whose decision needs more than memory. */
    void arrive(Waiter waiter) {
        if (waiter.isOver()) {
            return;
        }
        SessionKey key = waiter.head.session();
        Resolution underWay = resolutions.get(key);
        if (underWay != null) {
            underWay.add(waiter);
            if (underWay.phase == Resolution.Phase.HELD) {
                placement.joinedHeld(underWay);
            }
            return;
        }
        Resolution resolution = begin(key);
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
        boolean nobodyAsked =
                resolution.phase == Resolution.Phase.HELD || resolution.phase == Resolution.Phase.SETTLING;
        if (resolution.isEmpty() && nobodyAsked) {
            end(resolution);
        }
    }

    void snapshotChanged(ServerSnapshot snapshot) {
        Fleet before = state.fleet;
        Fleet after = before.next(snapshot, state.now());
        state.fleet = after;
        state.seats.loadsPublished(before, after, state.now());
        state.suspects.forgetAllBut(after.members().keySet());
        if (after.lists(Fleet.Presence.REMEMBERED) && !before.lists(Fleet.Presence.REMEMBERED)) {
            state.count(RouterEvent.REGISTRY_COLLAPSES);
            LOG.error(
                    "The registry lists no server any more: all of {} vanished at once without a death certificate. "
                            + "They stay in use while they answer.",
                    after.members().keySet());
        }
        if (before.connected() != after.connected()) {
            LOG.info(
                    "registry connected={} servers={}",
                    after.connected(),
                    after.members().size());
        }
        settleAgain();
        placement.placeHeld();
    }

    /** To be called several times a second. */
    void tick() {
        state.questions.expire();
        settleAgain();
        placement.placeHeld();
        placement.refuseOverdue();
        state.heldSessions = placement.heldSessions();
        writeBehind.flush();
        sweep.step();
        forgotten.step();
        giveUpStuck();
    }

    /** The connection to a server failed. */
    void serverFailed(String serverId, String cause) {
        int failures = state.suspects.failed(serverId, state.now());
        LOG.debug("server={} failed {} time(s) in a row: {}", serverId, failures, cause);
        Fleet.Member member = state.fleet.members().get(serverId);
        boolean onlyRemembered = member != null && member.presence() == Fleet.Presence.REMEMBERED;
        if (onlyRemembered && failures >= FAILURES_THAT_REFUTE) {
            LOG.warn("server={} is no longer registered and does not answer: it counts as gone ({})", serverId, cause);
            state.fleet = state.fleet.refuted(serverId, state.now());
        }
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

    /** Every question has a deadline, so this finds only what a mistake of ours has left behind. */
    private void giveUpStuck() {
        long most = state.settings.holdUploads().toMillis() + STUCK_AFTER_MS;
        List<Resolution> stuck = resolutions.values().stream()
                .filter(resolution -> state.now() - resolution.sinceMs > most)
                .filter(resolution -> resolution.phase != Resolution.Phase.HELD)
                .toList();
        for (Resolution resolution : stuck) {
            LOG.error("session={} phase={} stuck for too long: given up", resolution.key, resolution.phase);
            resolution.takeWaiters().forEach(waiter -> waiter.answer(answers.registryAway(), () -> {}));
            end(resolution);
        }
    }

    private Resolution begin(SessionKey key) {
        Resolution resolution = new Resolution(key, arrivals++, state.now());
        resolutions.put(key, resolution);
        return resolution;
    }

    @Override
    public void end(Resolution resolution) {
        placement.forget(resolution);
        resolutions.remove(resolution.key, resolution);
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
                    () -> lookUp(resolution.key),
                    state.registryPatienceMs(),
                    (found, failure) -> found(resolution, found, failure));
        }
    }

    /** The registry's answer. */
    private record LookUp(@Nullable SessionBinding binding) {}

    private CompletableFuture<LookUp> lookUp(SessionKey key) {
        return state.table.find(key).thenApply(found -> new LookUp(found.orElse(null)));
    }

    private void found(Resolution resolution, @Nullable LookUp found, @Nullable Throwable failure) {
        if (found == null) {
            state.count(RouterEvent.REGISTRY_FAILURES);
            LOG.warn("session={} its binding could not be looked up", resolution.key, failure);
            placement.withoutRegistry(resolution);
        } else if (found.binding() == null) {
            placement.withoutBinding(resolution);
        } else if (state.isIdleSince(found.binding().lastUseMs())) {
            removeExpired(resolution, found.binding());
        } else {
            state.count(RouterEvent.BINDING_FOUND);
            Binding binding = Binding.of(resolution.key, found.binding());
            state.bindings.put(binding);
            settle(resolution, binding);
        }
    }

    @Override
    public void settle(Resolution resolution, Binding binding) {
        for (Waiter waiter : resolution.takeWaiters()) {
            RoutingDecision decision = verdicts.decide(binding, waiter.method);
            if (decision == null) {
                resolution.add(waiter);
            } else {
                answer(waiter, binding, decision);
            }
        }
        if (resolution.isEmpty()) {
            end(resolution);
        } else {
            awaitServer(resolution, binding);
        }
    }

    /** The server is neither listed nor certified dead: one of the two may be late. */
    private void awaitServer(Resolution resolution, Binding binding) {
        Fleet.Member member = state.fleet.members().get(binding.serverId);
        long now = state.now();
        binding.missedSinceMs = binding.missedSinceMs == 0 ? now : binding.missedSinceMs;
        if (member != null) {
            binding.missedSinceMs = Math.max(binding.missedSinceMs, member.sinceMs());
        }
        resolution.phase = Resolution.Phase.SETTLING;
        resolution.settling = binding;
        if (now - binding.missedSinceMs < state.settings.settle().toMillis()) {
            return;
        }
        for (Waiter waiter : resolution.takeWaiters()) {
            deliver(
                    waiter,
                    binding,
                    state.fleet.connected() ? answers.gone(binding, waiter.method, null) : answers.registryAway());
        }
        end(resolution);
    }

    private void settleAgain() {
        List<Resolution> settling = resolutions.values().stream()
                .filter(resolution -> resolution.phase == Resolution.Phase.SETTLING)
                .toList();
        for (Resolution resolution : settling) {
            if (resolution.settling != null) {
                settle(resolution, resolution.settling);
            }
        }
    }

    private void answer(Waiter waiter, Binding binding, RoutingDecision decision) {
        String newSessionId = waiter.head.newSessionId();
        if (decision instanceof RoutingDecision.Forward forward && newSessionId != null) {
            SessionKey clone = new SessionKey(binding.key.userId(), newSessionId);
            clones.bind(
                    clone,
                    forward.backend().serverId(),
                    false,
                    bound -> deliver(waiter, binding, bound ? forward : answers.newSessionIdTaken(newSessionId)));
        } else {
            deliver(waiter, binding, decision);
        }
    }

    private void deliver(Waiter waiter, Binding binding, RoutingDecision decision) {
        waiter.answer(decision, () -> verdicts.delivered(binding, decision));
    }

    private void release(Binding binding) {
        state.bindings.remove(binding);
        writeBehind.forget(binding);
        state.count(RouterEvent.RELEASED);
        state.questions.ask(
                () -> state.table.release(binding.key, binding.serverId),
                state.registryPatienceMs(),
                (released, failure) -> {
                    if (failure != null) {
                        LOG.info("session={} server={} is released later", binding.key, binding.serverId, failure);
                        writeBehind.addRelease(binding.key, binding.serverId);
                    }
                });
        placement.placeHeld();
    }

    // ---- idle bindings: other proxies may use them, so the registry has the last word

    private void expire(Binding binding) {
        if (resolutions.containsKey(binding.key)) {
            return;
        }
        state.bindings.remove(binding);
        if (!binding.isLost()) {
            expire(binding.key);
        }
    }

    private void expire(SessionKey key) {
        if (resolutions.containsKey(key) || state.bindings.get(key) != null) {
            return;
        }
        Resolution resolution = begin(key);
        resolution.phase = Resolution.Phase.EXPIRING;
        state.questions.ask(() -> lookUp(key), state.registryPatienceMs(), (found, failure) -> {
            SessionBinding shared = found == null ? null : found.binding();
            if (shared != null && state.isIdleSince(shared.lastUseMs())) {
                removeExpired(resolution, shared);
            } else {
                find(resolution);
            }
        });
    }

    private void removeExpired(Resolution resolution, SessionBinding expired) {
        LOG.debug("session={} server={} was idle for too long", resolution.key, expired.serverId());
        state.questions.ask(
                () -> state.table.release(resolution.key, expired.serverId()),
                state.registryPatienceMs(),
                (released, failure) -> {
                    if (failure == null) {
                        state.count(RouterEvent.EXPIRED);
                    }
                    placement.withoutBinding(resolution);
                });
    }
}
