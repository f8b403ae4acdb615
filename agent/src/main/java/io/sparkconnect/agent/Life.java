/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Whether the server lives, and if not, why. The first final reason stays. Any thread may ask or tell. */
final class Life {
    private record End(String reason, boolean known) {}

    private final AtomicReference<@Nullable End> end = new AtomicReference<>();

    boolean isAlive() {
        return end.get() == null;
    }

    /** Empty while alive. */
    String reason() {
        End now = end.get();
        return now == null ? "" : now.reason();
    }

    /** It is over; the reason is not known yet. */
    void ending() {
        end.compareAndSet(null, new End("the SparkContext is stopping", false));
    }

    /** It is over, and this is why. */
    void ended(String reason) {
        end.updateAndGet(before -> before == null || !before.known() ? new End(reason, true) : before);
    }
}
