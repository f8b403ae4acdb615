/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks servers whether they hold a session, and whether they live. Confined to the core thread. */
final class Inquiry {
    private final RouterState state;
    private final @Nullable SessionLocator locator;
    private final Supplier<UUID> randomIds;

    /** @param locator null when servers cannot be asked */
    Inquiry(RouterState state, @Nullable SessionLocator locator, Supplier<UUID> randomIds) {
        this.state = state;
        this.locator = locator;
        this.randomIds = randomIds;
    }

    boolean isPossible() {
        return locator != null;
    }

    /** Asks all servers that may be there; nobody knows anything where they cannot be asked. */
    void locate(SessionKey session, Consumer<LocateSearch.Result> done) {
        List<Backend> servers = state.fleet.members().values().stream()
                .filter(member -> member.presence() != Fleet.Presence.VANISHED)
                .map(Fleet.Member::backend)
                .toList();
        ask(servers, session, done);
    }

    /** Asks one server. */
    void ask(Backend server, SessionKey session, Consumer<LocateSearch.Result> done) {
        ask(List.of(server), session, done);
    }

    /** Whether a server gives any answer at all to a question about a session that nobody has. */
    void isAlive(Backend server, Consumer<Boolean> done) {
        SessionLocator asking = locator;
        if (asking == null) {
            done.accept(false);
            return;
        }
        SessionKey nobody = new SessionKey("", randomIds.get().toString());
        byte[] request = LocateProbe.request(nobody, randomIds.get());
        state.questions.ask(
                () -> asking.ask(server, request), timeoutMs(), (answer, failure) -> done.accept(answer != null));
    }

    private void ask(Collection<Backend> servers, SessionKey session, Consumer<LocateSearch.Result> done) {
        if (locator == null) {
            done.accept(new LocateSearch.Result.Unsure(servers.size()));
        } else {
            LocateSearch.start(locator, servers, session, randomIds.get(), state.questions, timeoutMs(), done);
        }
    }

    private long timeoutMs() {
        return state.settings.locateTimeout().toMillis();
    }
}
