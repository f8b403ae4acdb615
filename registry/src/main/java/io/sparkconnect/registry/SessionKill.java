/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operator's wish that sessions end. Proxies obey as soon as they see it: they refuse the sessions from then on, for as long
 * as the wish is kept.
 *
 * @param killId name of its node; unique
 * @param atMs when, by the clock of the machine that the command ran on
 * @param by user who ran it
 * @param reason what the sessions' users are told; null for none
 * @param sessions {@value #MOST_SESSIONS} at most
 */
public record SessionKill(
        String killId, long atMs, String by, @Nullable String reason, List<KilledSession> sessions) {
    /** Keeps a node far below ZooKeeper's 1 MiB. */
    public static final int MOST_SESSIONS = 1000;

    public SessionKill {
        sessions = sessions == null ? List.of() : List.copyOf(sessions);
        if (sessions.size() > MOST_SESSIONS) {
            throw new IllegalArgumentException(
                    "sessions: " + sessions.size() + " (expected: at most " + MOST_SESSIONS + ")");
        }
    }

    /** One session, and the server that held it. */
    public record KilledSession(String userId, String sessionId, String serverId) {
        public SessionKey key() {
            return new SessionKey(userId, sessionId);
        }
    }

    /**
     * The wish to end these sessions, in as many parts as it takes.
     *
     * @param bindings of different sessions
     */
    public static List<SessionKill> of(List<SessionBinding> bindings, long atMs, String by, @Nullable String reason) {
        List<SessionKill> parts = new ArrayList<>();
        for (int from = 0; from < bindings.size(); from += MOST_SESSIONS) {
            List<KilledSession> sessions =
                    bindings.subList(from, Math.min(from + MOST_SESSIONS, bindings.size())).stream()
                            .map(binding ->
                                    new KilledSession(binding.userId(), binding.sessionId(), binding.serverId()))
                            .toList();
            parts.add(new SessionKill(atMs + "-" + sessions.get(0).key().hash(), atMs, by, reason, sessions));
        }
        return parts;
    }
}
