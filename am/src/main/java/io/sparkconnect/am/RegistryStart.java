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
    private static final long PAUSE_MS = 1_000;

    /** There is nothing that this attempt could bring about. */
    static final class NoSpecException extends Exception {
        NoSpecException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private interface Reading<T> {
        T read() throws RegistryAwayException, InterruptedException;
    }

    /**
     * @param lastGood what an earlier attempt followed: it is followed on where the registry's spec is missing or cannot be
     * @param usableWithin how long a spec may take to come that can be followed
     * @throws NoSpecException when there is none by then
     */
    static RegistryStart read(
            ApplicationMasterRegistry registry, int attempt, LastGoodSpec lastGood, Duration usableWithin)
            throws FencedOutException, InterruptedException, NoSpecException {
        registry.claim(attempt);
        ServiceSpec spec = usableSpec(registry, lastGood, usableWithin);
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

    /** Whether the registry has a spec now that can be followed. */
    static boolean hasUsableSpec(ApplicationMasterRegistry registry) throws InterruptedException {
        try {
            var unused = settings(registry.readSpec());
            return true;
        } catch (RegistryAwayException | RegistryDataException | NoSpecException e) {
            LOG.debug("no spec yet", e);
            return false;
        }
    }

    private static ServiceSpec usableSpec(
            ApplicationMasterRegistry registry, LastGoodSpec lastGood, Duration usableWithin)
            throws InterruptedException, NoSpecException {
        long deadline = System.nanoTime() + usableWithin.toNanos();
        while (true) {
            NoSpecException problem;
            try {
                ServiceSpec spec = patiently(registry::readSpec);
                var unused = settings(spec);
                return spec;
            } catch (RegistryDataException e) {
                problem = new NoSpecException("the service's spec cannot be used: " + e.getMessage(), e);
            } catch (NoSpecException e) {
                problem = e;
            }
            ServiceSpec kept = lastGood.read().filter(RegistryStart::isUsable).orElse(null);
            if (kept != null) {
                LOG.error("goes on with generation {} of the spec: {}", kept.generation(), problem.getMessage());
                return kept;
            }
            if (System.nanoTime() >= deadline) {
                throw problem;
            }
            LOG.warn("waits for a spec: {}", problem.getMessage());
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        }
    }

    private static boolean isUsable(ServiceSpec spec) {
        try {
            var unused = settings(spec);
            return true;
        } catch (NoSpecException e) {
            LOG.warn("the last spec that was followed cannot be: {}", e.getMessage());
            return false;
        }
    }

    private static Settings settings(ServiceSpec spec) throws NoSpecException {
        try {
            return Policy.settings(spec);
        } catch (SettingsException e) {
            throw new NoSpecException("the service's settings cannot be used: " + e.getMessage(), e);
        }
    }

    private static <T> T patiently(Reading<T> reading) throws InterruptedException {
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
