/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.publish;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Whether this attempt may act. Two witnesses know: the ResourceManager, which answers no heartbeat of an attempt that it
 * has given up, and the registry, whose epoch the next attempt takes. Either will do, since each may be away for long.
 * After a pause of this process (SIGSTOP, a frozen machine) neither has spoken lately, so nothing is done before one has:
 * the world may belong to another attempt. Thread-safe.
 */
public final class Ownership {
    private final long leaseNanos;
    private final LongSupplier nanoTime;
    private final AtomicLong resourceManager;
    private final AtomicLong registry;

    /**
     * Certain at first: who makes it has just claimed and registered.
     *
     * @param lease how long a witness's word holds
     * @param nanoTime as {@link System#nanoTime}
     */
    public Ownership(Duration lease, LongSupplier nanoTime) {
        this.leaseNanos = lease.toNanos();
        this.nanoTime = nanoTime;
        this.resourceManager = new AtomicLong(nanoTime.getAsLong());
        this.registry = new AtomicLong(nanoTime.getAsLong());
    }

    /** @param askedAtNanos when the question was sent: how long its answer took to be read does not count */
    public void confirmedByResourceManager(long askedAtNanos) {
        resourceManager.set(askedAtNanos);
    }

    /** @param askedAtNanos when the question was sent */
    public void confirmedByRegistry(long askedAtNanos) {
        registry.set(askedAtNanos);
    }

    /** Whether one of the two has lately said so. */
    public boolean isCertain() {
        long now = nanoTime.getAsLong();
        return now - resourceManager.get() < leaseNanos || now - registry.get() < leaseNanos;
    }

    /** Whether the ResourceManager has answered a question that was sent after this. */
    public boolean resourceManagerSaidSoSince(long nanos) {
        return resourceManager.get() - nanos > 0;
    }

    /** Now, on the clock of this object. */
    public long nanos() {
        return nanoTime.getAsLong();
    }
}
