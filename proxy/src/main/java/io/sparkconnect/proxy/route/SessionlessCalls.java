/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Decides about calls of other services than Spark Connect's, which name no session. Thread-safe. */
final class SessionlessCalls {
    private final RouterState state;
    private final Answers answers;
    private final AtomicInteger turn = new AtomicInteger();

    SessionlessCalls(RouterState state, Answers answers) {
        this.state = state;
        this.answers = answers;
    }

    RoutingDecision decide(@Nullable String askedPool) {
        return switch (state.settings.otherServices()) {
            case REFUSE -> answers.otherService();
            case ANY ->
                askedPool == null || state.fleet.mayHave(askedPool)
                        ? nextServer(askedPool == null ? state.fleet.poolOf("") : askedPool)
                        : answers.unknownPool(askedPool);
        };
    }

    /** The servers of the pool that would take a new session, each in turn. Such a call takes no seat, so full ones are asked too. */
    private RoutingDecision nextServer(String pool) {
        List<Backend> ready = state.seats.welcoming(state.fleet, pool, state.now()).stream()
                .map(Fleet.Member::backend)
                .sorted(Comparator.comparing(Backend::serverId))
                .toList();
        if (ready.isEmpty()) {
            return answers.noServer(pool);
        }
        return new RoutingDecision.Forward(ready.get(Math.floorMod(turn.getAndIncrement(), ready.size())), null);
    }
}
