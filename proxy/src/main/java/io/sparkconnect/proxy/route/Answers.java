/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.PoolSettings;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The router's own answers, each with its word for metrics and its count. Thread-safe. */
final class Answers {
    private static final int MOST_POOL_CHARS = 64;

    private final RouterState state;

    Answers(RouterState state) {
        this.state = state;
    }

    /** The session's server is gone: a release has nothing left to do, everything else must start anew. */
    RoutingDecision gone(Binding binding, ConnectMethod method, @Nullable DeathCertificate death) {
        if (method.isRelease()) {
            return released(binding.key);
        }
        state.count(RouterEvent.SESSION_CHANGED);
        String text = binding.isLost() ? DeathNotice.unknownServer() : DeathNotice.text(binding.serverId, death);
        return new RoutingDecision.Answer(StatusAnswers.sessionChanged(binding.key, text), "session-changed");
    }

    /** An operator has ended the session: answered as if its server were gone. */
    RoutingDecision killed(SessionKey session, ConnectMethod method, SessionKill kill) {
        if (method.isRelease()) {
            return released(session);
        }
        state.count(RouterEvent.SESSION_CHANGED);
        return killed(session, kill);
    }

    /** The same for a stream that is open already. */
    RoutingDecision.Answer killed(SessionKey session, SessionKill kill) {
        return new RoutingDecision.Answer(StatusAnswers.sessionChanged(session, DeathNotice.text(kill)), "killed");
    }

    RoutingDecision released(SessionKey session) {
        state.count(RouterEvent.RELEASE_ANSWERED);
        return new RoutingDecision.Answer(StatusAnswers.released(session), "released");
    }

    RoutingDecision operationNotFound(SessionKey session) {
        state.count(RouterEvent.OPERATION_NOT_FOUND);
        return new RoutingDecision.Answer(StatusAnswers.operationNotFound(session), "operation-not-found");
    }

    RoutingDecision noServer(String pool) {
        state.count(RouterEvent.NO_SERVER);
        Fleet fleet = state.fleet;
        StringBuilder text = new StringBuilder("No Spark Connect server");
        text.append(ofPool(pool)).append(" is ready to take a new session");
        if (fleet.starting(pool) > 0) {
            text.append("; ").append(fleet.starting(pool)).append(" on the way");
        }
        text.append('.');
        if (!fleet.connected()) {
            text.append(" The proxy does not reach ZooKeeper.");
        } else if (!fleet.statusMessage().isBlank()) {
            text.append(" The service says: ").append(fleet.statusMessage());
        }
        return unavailable(text.toString(), "no-server");
    }

    /** The client's own word is wrong, so it is told what would be right. */
    RoutingDecision unknownPool(String asked) {
        state.count(RouterEvent.UNKNOWN_POOL);
        List<String> known = state.fleet.pools().stream().sorted().toList();
        String shown = asked.length() > MOST_POOL_CHARS ? asked.substring(0, MOST_POOL_CHARS) + "…" : asked;
        String expected = known.isEmpty()
                ? "expected: a name like " + PoolSettings.NAME
                : "did you mean " + NearestName.to(shown, known) + "? there are: " + String.join(", ", known);
        return new RoutingDecision.Answer(
                StatusAnswers.invalidArgument("x-pool: there is no pool " + shown + " (" + expected + ")."),
                "unknown-pool");
    }

    /** Without a guess the session would be at two servers. */
    RoutingDecision unclearUser(SessionKey session) {
        state.count(RouterEvent.UNCLEAR_USER);
        return new RoutingDecision.Answer(
                StatusAnswers.invalidArgument("Some requests of session " + session.sessionId()
                        + " have a user_context (field 2), and one has none within its first "
                        + SessionKeyReader.FURTHEST_HEAD_BYTES + " bytes where one may follow. "
                        + "Write session_id and user_context first."),
                "no-user-context");
    }

    RoutingDecision otherService() {
        return new RoutingDecision.Answer(
                StatusAnswers.unimplemented(
                        "This is a Spark Connect proxy: it serves spark.connect.SparkConnectService. "
                                + "Calls of other services name no session, and are sent to any ready server only where the "
                                + "operator says so (sparkconnect.proxy.other.services=any)."),
                "other-service");
    }

    RoutingDecision poolFull(String pool) {
        state.count(RouterEvent.POOL_FULL);
        long servers = 0;
        long sessions = 0;
        for (Fleet.Member member : state.fleet.members().values()) {
            boolean ofPool =
                    pool.equals(Fleet.ANY_POOL) || pool.equals(member.server().pool());
            if (ofPool && member.takesNewSessions()) {
                servers++;
                sessions += state.shares.sessionsLimit(member.server());
            }
        }
        String text = "Every Spark Connect server" + ofPool(pool) + " has as many sessions as it may have (" + servers
                + " ready, "
                + sessions + " sessions in all). End sessions that are no longer needed (spark.stop()), or ask the "
                + "operator for more servers (" + key(pool, "servers.max") + ") or more sessions per server ("
                + key(pool, "sessions.per.server") + ").";
        return new RoutingDecision.Answer(StatusAnswers.resourceExhausted(text), "pool-full");
    }

    /** Nothing where there is but one pool. */
    private String ofPool(String pool) {
        return hasName(pool) ? " of pool " + pool : "";
    }

    private String key(String pool, String setting) {
        return hasName(pool) ? "sparkconnect.pool." + pool + "." + setting : "sparkconnect." + setting;
    }

    private boolean hasName(String pool) {
        return !pool.equals(Fleet.ANY_POOL) && state.fleet.pools().size() > 1;
    }

    /** No server takes the session, and as many streams as may be are held for that already. */
    RoutingDecision tooManyHeld() {
        state.count(RouterEvent.TOO_MANY_HELD);
        return unavailable(
                "Too many requests wait for a Spark Connect server at this proxy (" + state.settings.maxHeld()
                        + "). The operator may allow more (sparkconnect.proxy.hold.streams).",
                "too-many-held");
    }

    RoutingDecision tooManyUndecided() {
        state.count(RouterEvent.TOO_MANY_UNDECIDED);
        return unavailable(
                "Too many requests wait at this proxy until it knows which Spark Connect server has their session ("
                        + state.settings.maxUndecided() + ").",
                "too-many-undecided");
    }

    RoutingDecision searchOverdue() {
        state.count(RouterEvent.SEARCH_OVERDUE);
        return unavailable(
                "Too many sessions are being looked for at the Spark Connect servers: the turn of this one has not come in time.",
                "search-overdue");
    }

    RoutingDecision registryAway() {
        state.count(RouterEvent.REGISTRY_AWAY);
        return unavailable(
                "The proxy does not reach ZooKeeper and cannot tell which Spark Connect server holds this session.",
                "registry-away");
    }

    RoutingDecision locateUnsure(int silent) {
        state.count(RouterEvent.REGISTRY_AWAY);
        return unavailable(
                "This session is not registered, and " + silent
                        + " Spark Connect server(s) did not say whether they hold it.",
                "locate-unsure");
    }

    RoutingDecision newSessionIdTaken(String newSessionId) {
        return new RoutingDecision.Answer(
                StatusAnswers.invalidArgument(
                        "new_session_id " + newSessionId + " is already in use by a session on another server."),
                "new-session-id-taken");
    }

    RoutingDecision recordUnreadable(String serverId) {
        state.count(RouterEvent.REGISTRY_AWAY);
        return unavailable(
                "The registry's record of Spark Connect server " + serverId
                        + ", which holds this session, cannot be read.",
                "record-unreadable");
    }

    /** Refuses a stream; releases get OK, for there is nothing left to release. */
    void refuse(Waiter waiter, Supplier<RoutingDecision> answer) {
        RoutingDecision decision = waiter.method.isRelease() ? released(waiter.head.session()) : answer.get();
        waiter.answer(decision, () -> {});
    }

    private RoutingDecision unavailable(String text, String reason) {
        return new RoutingDecision.Answer(StatusAnswers.unavailable(text, state.settings.retryAfter()), reason);
    }
}
