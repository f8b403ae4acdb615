/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.settings.NearestName;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices clients that mean {@code x-pool} and write something near it: any key of a URL is legal metadata, so nobody refuses
 * {@code ;x-pol=etl}, and its sessions go to the pool that they would have without. Thread-safe.
 */
final class MistypedPool {
    private static final Logger LOG = LoggerFactory.getLogger(MistypedPool.class);

    private static final String MEANT = "x-pool";
    private static final int MOST_EDITS = 2;
    private static final long LOG_INTERVAL_MS = TimeUnit.SECONDS.toMillis(10);

    private final RouterState state;
    private final AtomicLong nextLogMs;

    MistypedPool(RouterState state) {
        this.state = state;
        this.nextLogMs = new AtomicLong(state.now());
    }

    /** Headers of a request without {@code x-pool}. */
    void look(Iterable<? extends CharSequence> headerNames) {
        for (CharSequence name : headerNames) {
            if (name.length() > 0 && name.charAt(0) == 'x' && isNear(name.toString())) {
                report(name.toString());
            }
        }
    }

    private static boolean isNear(String name) {
        return Math.abs(name.length() - MEANT.length()) <= MOST_EDITS && NearestName.edits(name, MEANT) <= MOST_EDITS;
    }

    private void report(String name) {
        state.count(RouterEvent.MISTYPED_POOL);
        long now = state.now();
        long next = nextLogMs.get();
        if (now >= next && nextLogMs.compareAndSet(next, now + LOG_INTERVAL_MS)) {
            LOG.warn(
                    "a client sends the header {}, which means nothing here: probably {} was meant. Its sessions go to the "
                            + "pool that they have without",
                    name,
                    MEANT);
        }
    }
}
