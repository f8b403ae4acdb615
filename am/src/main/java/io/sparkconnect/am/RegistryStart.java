/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.core.Policy;
import io.sparkconnect.registry.ApplicationMasterRegistry;
import io.sparkconnect.registry.ApplicationMasterRegistry.FencedOutException;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.settings.Settings;
import io.sparkconnect.registry.settings.SettingsException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a new attempt reads from the registry before it does anything. ZooKeeper is waited for without limit: servers of an
 * earlier attempt serve on meanwhile.
 *
 * @param settings the spec's settings, validated
 */
record RegistryStart(
        ServiceSpec spec,
        Settings settings,
        List<SlotRecord> slots,
        List<ServerRecord> servers,
        List<DeathCertificate> deaths,
        @Nullable ServiceStatus status) {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryStart.class);
    private static final Duration SPEC_USABLE_WITHIN = Duration.ofSeconds(60);
    private static final long PAUSE_MS = 1_000;

    /** There is nothing that this attempt could bring about. */
    static final class NoSpecException extends Exception {
        NoSpecException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private interface Reading<T> {
        T read() throws RegistryAwayException, InterruptedException, NoSpecException;
    }

    /** @throws NoSpecException when the spec is missing or cannot be read for a minute */
    static RegistryStart read(ApplicationMasterRegistry registry, int attempt)
            throws FencedOutException, InterruptedException, NoSpecException {
        registry.claim(attempt);
        ServiceSpec spec = readSpec(registry);
        return new RegistryStart(
                spec,
                settings(spec),
                patiently(registry::readSlots),
                List.copyOf(patiently(registry::readServers).values()),
                List.copyOf(patiently(registry::readDeaths).values()),
                patiently(registry::readStatus).orElse(null));
    }

    Policy policy() {
        return Policy.of(settings);
    }

    private static ServiceSpec readSpec(ApplicationMasterRegistry registry)
            throws InterruptedException, NoSpecException {
        long deadline = System.nanoTime() + SPEC_USABLE_WITHIN.toNanos();
        while (true) {
            try {
                return patiently(registry::readSpec);
            } catch (RegistryDataException e) {
                if (System.nanoTime() >= deadline) {
                    throw new NoSpecException("the service's spec cannot be used: " + e.getMessage(), e);
                }
                LOG.warn("waits for a usable spec: {}", e.getMessage());
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
    }

    private static Settings settings(ServiceSpec spec) throws NoSpecException {
        try {
            return Policy.settings(spec);
        } catch (SettingsException e) {
            throw new NoSpecException("the service's settings cannot be used: " + e.getMessage(), e);
        }
    }

    private static <T> T patiently(Reading<T> reading) throws InterruptedException, NoSpecException {
        while (true) {
            try {
                return reading.read();
            } catch (RegistryAwayException e) {
                LOG.warn("waits for the registry: {}", e.getMessage());
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
    }
}
