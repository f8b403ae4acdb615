/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import org.jspecify.annotations.Nullable;

/**
 * What routing knows of a request.
 *
 * @param method last part of the path, such as {@code ExecutePlan}
 * @param session whose request it is
 * @param observedServerSession {@code client_observed_server_side_session_id}: proof that the session has seen a server;
 *     null when the request carries none or it lies beyond the bytes that were read
 * @param newSessionId CloneSession's {@code new_session_id}; null when absent or for another method
 * @param allowReconnect ReleaseSession's {@code allow_reconnect}: the session may come back, so its binding stays
 * @param userMayFollow whether there is a user context behind the bytes that were read, perhaps: then the session's user is not
 *     known, only likely to be none
 * @param surelyNew the client would have said so if the session had seen a server
 */
public record RequestHead(
        String method,
        SessionKey session,
        @Nullable String observedServerSession,
        @Nullable String newSessionId,
        boolean allowReconnect,
        boolean userMayFollow,
        boolean surelyNew) {
    public RequestHead(
            String method, SessionKey session, @Nullable String observedServerSession, @Nullable String newSessionId) {
        this(method, session, observedServerSession, newSessionId, false, false, false);
    }
}
