/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Time that only the test moves. */
final class ManualClock implements LongSupplier {
    private long nowMs = 1_800_000_000_000L;

    @Override
    public long getAsLong() {
        return nowMs;
    }

    void advance(Duration by) {
        nowMs += by.toMillis();
    }
}
