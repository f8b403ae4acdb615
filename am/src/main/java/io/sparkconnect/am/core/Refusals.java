/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pools' asks YARN has refused, though by all that we know they could be answered: its maximum may be less than the nodes'
 * sizes say, and it may know of a node's end before we do. Such a pool asks once a minute. Confined to the core thread.
 */
final class Refusals {
    private static final Duration STANDS = Duration.ofMinutes(1);

    private final Map<String, Refusal> byPool = new HashMap<>();

    private record Refusal(PoolSpec asked, String inWords, long atMs) {}

    /** Yields the refusal in words. */
    String note(Slot slot, String reason, long nowMs) {
        PoolSpec asked = slot.askedFor;
        if (asked == null) {
            throw new IllegalStateException(slot.name + " has asked for nothing");
        }
        String inWords = "YARN refuses a container of " + asked.containerMiB() + " MiB: " + reason;
        byPool.put(slot.pool, new Refusal(asked, inWords, nowMs));
        return inWords;
    }

    /** Why the pool may not ask now; null when it may. */
    @Nullable
    String obstacle(PoolSpec pool, long nowMs) {
        Refusal refusal = byPool.get(pool.name());
        return refusal == null
                        || !refusal.asked().asksForSameContainerAs(pool)
                        || nowMs - refusal.atMs() >= STANDS.toMillis()
                ? null
                : refusal.inWords();
    }

    /** Whether such an ask of the pool's was refused when it was last made, as far as that is known. */
    boolean isNoted(PoolSpec pool) {
        Refusal refusal = byPool.get(pool.name());
        return refusal != null && refusal.asked().asksForSameContainerAs(pool);
    }

    boolean isNoted(String pool) {
        return byPool.containsKey(pool);
    }

    /** YARN has taken an ask of the pool's that was made then. Yields whether one had been refused before it. */
    boolean taken(String pool, long madeAtMs) {
        Refusal refusal = byPool.get(pool);
        return refusal != null && refusal.atMs() < madeAtMs && byPool.remove(pool, refusal);
    }
}
