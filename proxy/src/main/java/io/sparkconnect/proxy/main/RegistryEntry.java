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

/** Keeps this proxy's entry in the registry true, a write every ten seconds at most. State is confined to its thread. */
final class RegistryEntry implements AutoCloseable {
    private static final long EVERY_SECONDS = 10;

    private final Supplier<ProxyRecord> present;
    private final ProxyRegistration registration;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread daemon = new Thread(work, "registry-entry");
        daemon.setDaemon(true);
        return daemon;
    });
    private ProxyRecord written;

    RegistryEntry(ZooKeeperConnection connection, RegistryPaths paths, Supplier<ProxyRecord> present) {
        this.present = present;
        this.written = present.get();
        this.registration = new ProxyRegistration(connection, paths, written);
        var unused = thread.scheduleWithFixedDelay(this::look, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    private void look() {
        ProxyRecord now = present.get();
        if (!now.equals(written)) {
            written = now;
            registration.update(now);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        registration.close();
    }
}
