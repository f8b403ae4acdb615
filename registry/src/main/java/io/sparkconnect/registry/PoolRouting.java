/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;

/**
 * Which pool a new session gets whose client names none.
 *
 * @param defaultPool where no rule matches
 * @param rules in their order: the first that matches decides
 */
public record PoolRouting(String defaultPool, List<UserRule> rules) {
    /** The pool that every service has, unless its spec says otherwise. */
    public static final String DEFAULT_POOL = "default";

    public PoolRouting {
        rules = rules == null ? List.of() : List.copyOf(rules);
    }

    /** @param userId as in the requests' {@code user_context.user_id}; may be empty */
    public String poolOf(String userId) {
        for (UserRule rule : rules) {
            if (rule.matches(userId)) {
                return rule.pool();
            }
        }
        return defaultPool;
    }
}
