/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** When the ApplicationMaster last showed that it knows this server: by an accepted join, or by a poll. Any thread. */
final class Contact {
    private final LongSupplier nanoClock;
    private final AtomicReference<@Nullable Long> last = new AtomicReference<>();

    Contact(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void made() {
        last.set(nanoClock.getAsLong());
    }

    boolean within(Duration period) {
        Long then = last.get();
        return then != null && nanoClock.getAsLong() - then < period.toNanos();
    }
}
