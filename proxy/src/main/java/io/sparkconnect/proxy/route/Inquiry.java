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
    private final @Nullable SessionEnder calls;
    private final LocateSearches searches;
    private final Supplier<UUID> randomIds;

    /**
     * @param locator null when servers cannot be asked for sessions
     * @param calls null when servers cannot be asked whether they live
     */
    Inquiry(
            RouterState state,
            @Nullable SessionLocator locator,
            @Nullable SessionEnder calls,
            Supplier<UUID> randomIds) {
        this.state = state;
        this.locator = locator;
        this.calls = calls;
        this.searches = new LocateSearches(state, this::ask);
        this.randomIds = randomIds;
    }

    boolean isPossible() {
        return locator != null;
    }

    /**
     * Asks all servers that may be there, when it is its turn; nobody knows anything where they cannot be asked.
     *
     * @param isNeedless whether there is a better way to an answer by now; asked when its turn comes, and if so nobody is asked
     * @param done runs once on the core thread, maybe before this returns; not at all after {@link #drop}
     */
    void locate(Resolution resolution, BooleanSupplier isNeedless, Consumer<LocateSearch.Result> done) {
        SessionKey session = resolution.key;
        if (locator == null) {
            resolution.phase = Resolution.Phase.ASKING;
            done.accept(new LocateSearch.Result.Unsure(likelyFirst(session).size()));
            return;
        }
        searches.add(new LocateSearches.Planned() {
            @Override
            public Resolution resolution() {
                return resolution;
            }

            @Override
            public boolean isWanted() {
                return !isNeedless.getAsBoolean();
            }

            @Override
            public LocateSearch begin() {
                return new LocateSearch(session, likelyFirst(session), server -> mayAsk(server, session), done);
            }

            @Override
            public void giveUp() {
                done.accept(new LocateSearch.Result.Unsure(likelyFirst(session).size()));
            }
        });
    }

    /** Nobody waits any more for what was to be located. */
    void drop(Resolution resolution) {
        if (resolution.phase == Resolution.Phase.QUEUED) {
            searches.drop(resolution.key);
        }
    }

    /** Those for which no server has been asked yet: too many came before. */
    List<Resolution> waiting() {
        return searches.waiting();
    }

    private boolean mayAsk(Backend server, SessionKey session) {
        boolean may = state.strays.mayAsk(server, session);
        if (!may) {
            state.count(RouterEvent.SERVERS_SPARED);
        }
        return may;
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
        boolean mayBeAStray = state.strays.ask(server, session);
        state.questions.ask(() -> asking.ask(server, request), timeoutMs(), (answer, failure) -> {
            LocateProbe.Verdict verdict = answer == null ? LocateProbe.Verdict.UNCLEAR : LocateProbe.verdict(answer);
            if (verdict == LocateProbe.Verdict.HERE) {
                if (mayBeAStray) {
                    verdict = LocateProbe.Verdict.UNCLEAR;
                } else {
                    state.strays.forget(server.serverId(), session);
                }
            }
            done.accept(verdict);
        });
    }

    /**
     * Whether a server gives any answer at all: to the release of a session that nobody has, for that one makes no session on any
     * Spark, and writes nothing into its log.
     */
    void isAlive(Backend server, Consumer<Boolean> done) {
        SessionEnder asking = calls;
        if (asking == null) {
            done.accept(false);
            return;
        }
        KillCall release = KillCall.RELEASE_SESSION;
        byte[] request = release.request(new SessionKey("", randomIds.get().toString()));
        state.questions.ask(
                () -> asking.call(server, release.method().rpcName(), request),
                timeoutMs(),
                (answer, failure) -> done.accept(answer != null));
    }

    private long timeoutMs() {
        return state.settings.locateTimeout().toMillis();
    }
}
