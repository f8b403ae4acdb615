/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Time that only the test moves. As a supplier it is the machine's clock, in milliseconds, which somebody may set. */
final class ManualClock implements LongSupplier {
    private long evenMs = 1_800_000_000_000L;
    private long aheadMs;

    @Override
    public long getAsLong() {
        return evenMs + aheadMs;
    }

    void advance(Duration by) {
        evenMs += by.toMillis();
    }

    /** Somebody sets the machine's clock; no time passes. */
    void isSet(Duration by) {
        aheadMs += by.toMillis();
    }

    RouterClock ofRouter() {
        return new RouterClock(this, () -> evenMs * 1_000_000);
    }
}
