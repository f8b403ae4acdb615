/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How often each limit was hit, over all connections. Thread-safe. */
public final class LimitCounters {
    private final Map<Limit, LongAdder> hits = new EnumMap<>(Limit.class);

    public LimitCounters() {
        for (Limit limit : Limit.values()) {
            hits.put(limit, new LongAdder());
        }
    }

    public void hit(Limit limit) {
        adder(limit).increment();
    }

    public long hits(Limit limit) {
        return adder(limit).sum();
    }

    private LongAdder adder(Limit limit) {
        LongAdder adder = hits.get(limit);
        if (adder == null) {
            throw new IllegalStateException("no counter for " + limit);
        }
        return adder;
    }
}
