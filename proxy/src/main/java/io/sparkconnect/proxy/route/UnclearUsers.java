/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Requests whose user may stand behind the bytes that are read. They count as requests without a user, which mostly is right; where
 * this proxy can see that it is not, they are refused, for the same session would be at two servers: one for its user's other
 * requests and one for these. It can see that when the session id has a user already, and when one comes later. A client whose
 * requests come by way of two proxies can be taken for two: {@code docs/protocol-limits.md}. Confined to the core thread.
 */
final class UnclearUsers {
    /** Some 2 MiB. No known client needs one. */
    private static final int MOST_GUESSES = 10_000;

    private final RouterState state;
    private final Resolutions resolutions;
    /** Ids of sessions that were first seen in such a request, the oldest first. */
    private final Set<String> guessed = new LinkedHashSet<>();

    UnclearUsers(RouterState state, Resolutions resolutions) {
        this.state = state;
        this.resolutions = resolutions;
    }

    /** Whether the first request of a session that this proxy sees belongs to one that has another user. */
    boolean contradicts(RequestHead head) {
        SessionKey key = head.session();
        if (head.userMayFollow()) {
            guess(key);
            return state.bindings.get(key) == null && state.bindings.hasUser(key.sessionId());
        }
        return !key.userId().isEmpty() && !guessed.isEmpty() && isGuessed(key.sessionId());
    }

    private void guess(SessionKey key) {
        if (!isThere(key) && guessed.add(key.sessionId()) && guessed.size() > MOST_GUESSES) {
            guessed.remove(guessed.iterator().next());
        }
    }

    private boolean isGuessed(String sessionId) {
        if (!guessed.contains(sessionId)) {
            return false;
        }
        boolean there = isThere(new SessionKey("", sessionId));
        if (!there) {
            guessed.remove(sessionId);
        }
        return there;
    }

    private boolean isThere(SessionKey key) {
        return state.bindings.get(key) != null || resolutions.has(key);
    }
}
