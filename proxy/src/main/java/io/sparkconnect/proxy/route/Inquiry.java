/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.registry.SessionKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks servers whether they hold a session, and whether they live. Confined to the core thread. */
final class Inquiry {
    private final RouterState state;
    private final @Nullable SessionLocator locator;
    private final @Nullable LocateSearches searches;
    private final Supplier<UUID> randomIds;

    /** @param locator null when servers cannot be asked */
    Inquiry(RouterState state, @Nullable SessionLocator locator, Supplier<UUID> randomIds) {
        this.state = state;
        this.locator = locator;
        this.searches = locator == null ? null : new LocateSearches(state.questions, locator, timeoutMs());
        this.randomIds = randomIds;
    }

    boolean isPossible() {
        return locator != null;
    }

    /**
     * Asks all servers that may be there, when it is its turn; nobody knows anything where they cannot be asked.
     *
     * @param isWanted whether anybody waits for the answer still; asked when its turn comes, and if not nobody is asked
     * @param done runs once on the core thread, maybe before this returns
     */
    void locate(SessionKey session, BooleanSupplier isWanted, Consumer<LocateSearch.Result> done) {
        if (searches == null) {
            done.accept(new LocateSearch.Result.Unsure(likelyFirst(session).size()));
            return;
        }
        searches.add(new LocateSearches.Planned() {
            @Override
            public boolean isWanted() {
                return isWanted.getAsBoolean();
            }

            @Override
            public LocateSearch begin() {
                return new LocateSearch(likelyFirst(session), LocateProbe.request(session, randomIds.get()), done);
            }

            @Override
            public void giveUp() {
                done.accept(new LocateSearch.Result.Unsure(likelyFirst(session).size()));
            }
        });
    }

    /** First the servers that proxies choose who place the session without talking. */
    private List<Backend> likelyFirst(SessionKey session) {
        Map<String, Backend> servers = new HashMap<>();
        state.fleet.members().forEach((id, member) -> {
            if (member.presence() != Fleet.Presence.VANISHED) {
                servers.put(id, member.backend());
            }
        });
        return Rendezvous.order(session, servers.keySet()).stream()
                .map(id -> requireNonNull(servers.get(id)))
                .toList();
    }

    /** Asks one server, at once. */
    void ask(Backend server, SessionKey session, Consumer<LocateProbe.Verdict> done) {
        SessionLocator asking = locator;
        if (asking == null) {
            done.accept(LocateProbe.Verdict.UNCLEAR);
            return;
        }
        byte[] request = LocateProbe.request(session, randomIds.get());
        state.questions.ask(
                () -> asking.ask(server, request),
                timeoutMs(),
                (answer, failure) ->
                        done.accept(answer == null ? LocateProbe.Verdict.UNCLEAR : LocateProbe.verdict(answer)));
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

    private long timeoutMs() {
        return state.settings.locateTimeout().toMillis();
    }
}
