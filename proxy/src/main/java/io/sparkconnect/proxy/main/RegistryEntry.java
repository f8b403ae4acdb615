/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.zookeeper.ProxyRegistration;
import io.sparkconnect.registry.zookeeper.ZooKeeperConnection;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Keeps this proxy's entry in the registry true: a write every ten seconds at most, but within the second when more
 * sessions wait for a server than the entry says, because the ApplicationMaster starts servers for them. State is confined
 * to its thread.
 */
final class RegistryEntry implements AutoCloseable {
    private static final long LOOK_EVERY_MS = 500;
    private static final long URGENT_PAUSE_MS = 1_000;
    private static final long PAUSE_MS = 10_000;

    private final Supplier<ProxyRecord> present;
    private final ProxyRegistration registration;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread daemon = new Thread(work, "registry-entry");
        daemon.setDaemon(true);
        return daemon;
    });
    private ProxyRecord written;
    private long writtenAtNanos = System.nanoTime();

    RegistryEntry(ZooKeeperConnection connection, RegistryPaths paths, Supplier<ProxyRecord> present) {
        this.present = present;
        this.written = present.get();
        this.registration = new ProxyRegistration(connection, paths, written);
        var unused = thread.scheduleWithFixedDelay(this::look, LOOK_EVERY_MS, LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        ProxyRecord now = present.get();
        long sinceMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - writtenAtNanos);
        if (isDue(now, written, sinceMs)) {
            written = now;
            writtenAtNanos = System.nanoTime();
            registration.update(now);
        }
    }

    /** Whether it is time to write what is so now over what was written some time ago. */
    static boolean isDue(ProxyRecord now, ProxyRecord written, long sinceMs) {
        if (now.equals(written)) {
            return false;
        }
        return sinceMs >= PAUSE_MS || (sinceMs >= URGENT_PAUSE_MS && moreHeld(now, written));
    }

    /** In any pool, whatever others have less. */
    private static boolean moreHeld(ProxyRecord now, ProxyRecord written) {
        return now.heldSessions().entrySet().stream()
                .anyMatch(pool -> pool.getValue() > written.heldSessions().getOrDefault(pool.getKey(), 0));
    }

    @Override
    public void close() {
        thread.shutdownNow();
        registration.close();
    }
}
