/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import org.jspecify.annotations.Nullable;

/**
 * Which server holds a session.
 *
 * @param userId {@code user_context.user_id} of the requests, empty when absent
 * @param sessionId {@code session_id} of the requests, as sent
 * @param serverId container id of the server
 * @param createdAtMs when the binding was made
 * @param lastUseMs coarse last use: written at most every ten minutes
 * @param pool of the server, as decided when the binding was made: the session keeps it; null where an earlier version made
 *     the binding
 */
public record SessionBinding(
        String userId,
        String sessionId,
        String serverId,
        long createdAtMs,
        long lastUseMs,
        @Nullable String pool) {
    /** A binding that says nothing of pools. */
    public SessionBinding(String userId, String sessionId, String serverId, long createdAtMs, long lastUseMs) {
        this(userId, sessionId, serverId, createdAtMs, lastUseMs, null);
    }

    /** The session that is bound. */
    public SessionKey key() {
        return new SessionKey(userId, sessionId);
    }

    public SessionBinding usedAt(long timeMs) {
        return new SessionBinding(userId, sessionId, serverId, createdAtMs, timeMs, pool);
    }
}
