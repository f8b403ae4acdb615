/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The registry's answer to the question for a session's binding.
 *
 * @param binding null when there is none
 */
record Registered(@Nullable SessionBinding binding) {
    static CompletableFuture<Registered> in(SessionTable table, SessionKey key) {
        return table.find(key).thenApply(found -> new Registered(found.orElse(null)));
    }
}
