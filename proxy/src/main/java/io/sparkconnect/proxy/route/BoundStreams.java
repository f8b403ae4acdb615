/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;

/**
 * What becomes of the streams of a session whose binding is known, when memory alone could not say: they go to its server, learn
 * that it is gone, or wait for a word about it. Confined to the core thread.
 */
final class BoundStreams {
    private final RouterState state;
    private final Answers answers;
    private final Verdicts verdicts;
    private final Clones clones;
    private final Resolutions resolutions;
    private final ResolutionSteps steps;

    BoundStreams(
            RouterState state,
            Answers answers,
            Verdicts verdicts,
            Clones clones,
            Resolutions resolutions,
            ResolutionSteps steps) {
        this.state = state;
        this.answers = answers;
        this.verdicts = verdicts;
        this.clones = clones;
        this.resolutions = resolutions;
        this.steps = steps;
    }

    /** Answers all that can be answered; the others wait for a word about the server. */
    void settle(Resolution resolution, Binding binding) {
        for (Waiter waiter : resolution.takeWaiters()) {
            RoutingDecision decision = verdicts.decide(binding, waiter.method);
            if (decision == null) {
                resolution.add(waiter);
            } else {
                answer(waiter, binding, decision);
            }
        }
        if (resolution.isEmpty()) {
            steps.end(resolution);
        } else {
            awaitServer(resolution, binding);
        }
    }

    /** The server is neither listed nor certified dead: one of the two may be late, or it may say itself that it lives. */
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
            deliver(waiter, binding, withoutServer(binding, waiter.method));
        }
        steps.end(resolution);
    }

    private RoutingDecision withoutServer(Binding binding, ConnectMethod method) {
        if (!state.fleet.connected()) {
            return answers.registryAway();
        }
        return state.fleet.unreadable().contains(binding.serverId) && !method.isRelease()
                ? answers.recordUnreadable(binding.serverId)
                : answers.gone(binding, method, null);
    }

    /** Servers may have come or gone. */
    void settleAgain() {
        for (Resolution resolution : resolutions.all(underWay -> underWay.phase == Resolution.Phase.SETTLING)) {
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
}
