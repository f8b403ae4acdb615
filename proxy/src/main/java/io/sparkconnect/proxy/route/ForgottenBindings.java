/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through the whole table, a part every quarter of a minute and all of it in about an hour, for idle bindings that no
 * proxy remembers: those of proxies that were restarted, and of clients that never came back. The clocks of the proxies that
 * wrote them may differ from this machine's by hours. So a binding that looks idle is kept in mind, and ends when its record
 * has not changed for as long as sessions may be idle; a proxy that uses it would have changed it. Several proxies may do so
 * at once. Confined to the core thread.
 */
final class ForgottenBindings {
    private static final Logger LOG = LoggerFactory.getLogger(ForgottenBindings.class);

    private static final long EVERY_MS = 15_000;
    /** Each costs three calls to the registry. */
    private static final int PER_STEP = 20;

    /** Ends a binding whose record still says so. */
    interface Expire {
        void accept(SessionKey session, long recordedUseMs);
    }

    /** A record that looked idle, and since when it has said the same. */
    private record Look(SessionKey session, long recordedUseMs, long sinceMs) {}

    private final RouterState state;
    private final Expire expire;
    private final Queue<Look> idle = new ArrayDeque<>();
    /** By the bucket's number: what looked idle there when it was last looked through. */
    private final Map<Integer, Map<SessionKey, Look>> kept = new HashMap<>();

    private long nextAtMs;
    private int bucket;

    ForgottenBindings(RouterState state, Expire expire) {
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
            Look look = idle.remove();
            expire.accept(look.session(), look.recordedUseMs());
        }
        if (idle.isEmpty() && state.now() >= nextAtMs) {
            nextAtMs = state.now() + EVERY_MS;
            bucket = (bucket + 1) % SessionTable.BUCKETS;
            int listing = bucket;
            state.questions.ask(
                    () -> state.table.inBucket(listing),
                    state.registryPatienceMs(),
                    (bindings, failure) -> listed(listing, bindings, failure));
        }
    }

    private void listed(int listing, @Nullable List<SessionBinding> bindings, @Nullable Throwable failure) {
        if (bindings == null) {
            LOG.debug("bucket={} could not be looked through", listing, failure);
            return;
        }
        Map<SessionKey, Look> before = kept.getOrDefault(listing, Map.of());
        Map<SessionKey, Look> now = new HashMap<>();
        for (SessionBinding binding : bindings) {
            if (state.looksIdle(binding)) {
                Look look = before.get(binding.key());
                if (look == null || look.recordedUseMs() != binding.lastUseMs()) {
                    look = new Look(binding.key(), binding.lastUseMs(), state.now());
                }
                now.put(look.session(), look);
                if (state.isIdleSince(look.sinceMs())) {
                    idle.add(look);
                }
            }
        }
        kept.put(listing, now);
    }
}
