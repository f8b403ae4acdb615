/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A binding in memory. What event loops touch is volatile or atomic; the other mutable fields belong to the core thread.
 */
final class Binding {
    /** Server id of a session that has certainly seen a server of which nothing is known any more. */
    static final String LOST = "";

    final SessionKey key;
    final String serverId;
    /** The server's, as it was decided; null when that is not known. */
    final @Nullable String pool;

    /** Times here are even ones, see {@link RouterClock}. */
    final long createdAtMs;

    final AtomicInteger openStreams = new AtomicInteger();
    volatile long lastUseMs;
    /** Made for a CloneSession whose outcome is not known yet. */
    volatile boolean awaitsClone;
    /** Whether the registry has it. */
    volatile boolean written;

    /** Last use that this proxy has written down, or taken over. */
    long writtenUseMs;
    /** What stands in the registry's record as its last use, as far as this proxy knows; another proxy may have changed it. */
    long recordedUseMs;
    /** Since when its server is missed, 0 while it is not. */
    long missedSinceMs;

    Binding(SessionKey key, String serverId, @Nullable String pool, long createdAtMs, long lastUseMs, boolean written) {
        this.key = key;
        this.serverId = serverId;
        this.pool = pool;
        this.createdAtMs = createdAtMs;
        this.lastUseMs = lastUseMs;
        this.writtenUseMs = lastUseMs;
        this.written = written;
    }

    static Binding of(SessionKey key, SessionBinding record, RouterClock clock) {
        Binding binding = new Binding(
                key,
                record.serverId(),
                record.pool(),
                clock.fromMachine(record.createdAtMs()),
                clock.fromMachine(record.lastUseMs()),
                true);
        binding.recordedUseMs = record.lastUseMs();
        return binding;
    }

    SessionBinding record(RouterClock clock) {
        return new SessionBinding(
                key.userId(),
                key.sessionId(),
                serverId,
                clock.toMachine(createdAtMs),
                clock.toMachine(lastUseMs),
                pool);
    }

    boolean isLost() {
        return serverId.equals(LOST);
    }

    void use(long nowMs) {
        // Many loops write nearly the same time; whoever comes last is right enough.
        if (lastUseMs < nowMs) {
            lastUseMs = nowMs;
        }
    }

    /** A forwarded stream ended. Never below zero, should an outcome be told twice. */
    void streamEnded() {
        openStreams.updateAndGet(open -> Math.max(0, open - 1));
    }
}
