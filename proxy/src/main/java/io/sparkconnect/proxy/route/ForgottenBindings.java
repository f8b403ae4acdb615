/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through the whole table, a part every quarter of a minute and all of it in about an hour, for idle bindings that no
 * proxy remembers: those of proxies that were restarted, and of clients that never came back. Several proxies may do so at
 * once. Confined to the core thread.
 */
final class ForgottenBindings {
    private static final Logger LOG = LoggerFactory.getLogger(ForgottenBindings.class);

    private static final long EVERY_MS = 15_000;
    /** Each costs three calls to the registry. */
    private static final int PER_STEP = 20;

    private final RouterState state;
    private final Consumer<SessionKey> expire;
    private final Queue<SessionKey> idle = new ArrayDeque<>();
    private long nextAtMs;
    private int bucket;

    /** @param expire ends a binding if it is still idle */
    ForgottenBindings(RouterState state, Consumer<SessionKey> expire) {
        this.state = state;
        this.expire = expire;
        this.nextAtMs = state.now() + EVERY_MS;
        // Proxies that did not start in the same second need not look at the same part.
        this.bucket = (int) (state.now() / 1000 % SessionTable.BUCKETS);
    }

    void step() {
        if (!state.fleet.connected()) {
            return;
        }
        for (int i = 0; i < PER_STEP && !idle.isEmpty(); i++) {
            expire.accept(idle.remove());
        }
        if (idle.isEmpty() && state.now() >= nextAtMs) {
            nextAtMs = state.now() + EVERY_MS;
            bucket = (bucket + 1) % SessionTable.BUCKETS;
            state.questions.ask(() -> state.table.inBucket(bucket), state.registryPatienceMs(), this::listed);
        }
    }

    private void listed(@Nullable List<SessionBinding> bindings, @Nullable Throwable failure) {
        if (bindings == null) {
            LOG.debug("bucket={} could not be looked through", bucket, failure);
            return;
        }
        for (SessionBinding binding : bindings) {
            if (state.isIdleSince(binding.lastUseMs())) {
                idle.add(binding.key());
            }
        }
    }
}
