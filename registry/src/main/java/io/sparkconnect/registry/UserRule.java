/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

/**
 * Whose sessions go to a pool.
 *
 * @param users a user's name, or a pattern in which each {@code *} stands for any characters, or none
 * @param pool name of the pool
 */
public record UserRule(String users, String pool) {
    private static final char ANY = '*';

    /** Whether it is a name, not a pattern. */
    public boolean namesOneUser() {
        return users.indexOf(ANY) < 0;
    }

    /** @param userId as in the requests' {@code user_context.user_id}; may be empty */
    public boolean matches(String userId) {
        int at = 0;
        int in = 0;
        int star = -1;
        int retryFrom = 0;
        while (in < userId.length()) {
            if (at < users.length() && users.charAt(at) == ANY) {
                star = at++;
                retryFrom = in;
            } else if (at < users.length() && users.charAt(at) == userId.charAt(in)) {
                at++;
                in++;
            } else if (star >= 0) {
                // The last star takes one character more.
                at = star + 1;
                in = ++retryFrom;
            } else {
                return false;
            }
        }
        while (at < users.length() && users.charAt(at) == ANY) {
            at++;
        }
        return at == users.length();
    }
}
