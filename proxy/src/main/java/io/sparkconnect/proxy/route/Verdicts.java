/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.DeathCertificate;
import org.jspecify.annotations.Nullable;

/** Decides for a session whose binding is known, from memory alone. Thread-safe: this is what every event loop runs. */
final class Verdicts {
    /** Connection failures in a row after which a release is answered here: an error would keep a finished client alive. */
    private static final int FAILURES_THAT_END_RELEASES = 3;

    private final RouterState state;
    private final Answers answers;

    Verdicts(RouterState state, Answers answers) {
        this.state = state;
        this.answers = answers;
    }

    /** Null when the server is neither there nor certainly gone. */
    @Nullable
    RoutingDecision decide(Binding binding, ConnectMethod method) {
        if (binding.isLost()) {
            return answers.gone(binding, method, null);
        }
        Fleet fleet = state.fleet;
        Fleet.Member member = fleet.reachable(binding.serverId);
        if (member != null) {
            if (method.isRelease() && state.suspects.failures(binding.serverId) >= FAILURES_THAT_END_RELEASES) {
                return answers.released(binding.key);
            }
            return new RoutingDecision.Forward(member.backend(), binding.key);
        }
        DeathCertificate death = fleet.deaths().get(binding.serverId);
        return death == null ? null : answers.gone(binding, method, death);
    }

    /** The stream has been told: the binding is in use. */
    void delivered(Binding binding, RoutingDecision decision) {
        binding.use(state.now());
        if (decision instanceof RoutingDecision.Forward) {
            binding.openStreams.incrementAndGet();
            state.count(RouterEvent.FORWARDED);
        }
    }
}
