/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sessions that our own questions may have left at servers. Spark 3.5 makes each session that it is asked for and does not have:
 * not the call does but the handler of its error ({@code ErrorUtils.handleError} of 3.5.0 to 3.5.7 looks its settings up). So
 * <ul>
 *   <li>such a server is asked only while what it was asked for and what is bound to it stay below the number of sessions that
 *       it keeps: beyond, questions would make it evict its users' sessions;
 *   <li>its yes counts only once: a second one may be about what the first question has left.
 * </ul>
 * What another proxy's questions have left is not known here. Spark 4 makes nothing, and is asked without limit. Confined to the
 * core thread.
 */
final class Strays {
    /** Spark 3 forgets a session when nobody has used it for an hour. */
    private static final long KEPT_MS = Duration.ofMinutes(61).toMillis();

    private final RouterState state;
    /** By server: when it was asked for the session, the oldest first. */
    private final Map<String, Map<SessionKey, Long>> asked = new HashMap<>();

    Strays(RouterState state) {
        this.state = state;
    }

    /** Whether a question of a search tells something, and does this server no harm. */
    boolean mayAsk(Backend server, SessionKey session) {
        if (!mayMakeOne(server)) {
            return true;
        }
        Map<SessionKey, Long> there = current(server.serverId());
        return !there.containsKey(session)
                && there.size() + state.bindings.count(server.serverId()) < state.settings.spark3Sessions();
    }

    /** The server is being asked now; yields whether it may have the session from an earlier question. */
    boolean ask(Backend server, SessionKey session) {
        if (!mayMakeOne(server)) {
            return false;
        }
        asked.keySet().retainAll(state.fleet.members().keySet());
        Map<SessionKey, Long> there = current(server.serverId());
        boolean before = there.remove(session) != null;
        there.put(session, state.now());
        asked.put(server.serverId(), there);
        return before;
    }

    /** It is not a stray, but a session that somebody has there. */
    void forget(String serverId, SessionKey session) {
        asked.computeIfPresent(serverId, (id, there) -> {
            there.remove(session);
            return there.isEmpty() ? null : there;
        });
    }

    private Map<SessionKey, Long> current(String serverId) {
        Map<SessionKey, Long> there = asked.getOrDefault(serverId, new LinkedHashMap<>());
        Iterator<Long> oldest = there.values().iterator();
        while (oldest.hasNext() && oldest.next() < state.now() - KEPT_MS) {
            oldest.remove();
        }
        return there;
    }

    /** Whose version nobody knows is asked like one of Spark 4: a stand-alone proxy learns it in its first moments. */
    private boolean mayMakeOne(Backend server) {
        Fleet.Member member = state.fleet.members().get(server.serverId());
        String version = member == null ? null : member.server().sparkVersion();
        return SparkLine.isSpark3(version);
    }
}
