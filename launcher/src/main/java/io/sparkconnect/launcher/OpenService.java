/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A service that a command is about, with its registry open.
 *
 * @param configuration what the user gave
 */
record OpenService(ClientConfiguration configuration, Settings settings, OperatorRegistry registry)
        implements AutoCloseable {
    /** @param name in place of the setting; null for the setting's */
    static OpenService open(Surroundings surroundings, CommonOptions options, @Nullable String name)
            throws CommandException {
        ClientConfiguration configuration = ClientConfiguration.load(options, surroundings.environment());
        Settings settings = ServiceConfiguration.read(ServiceName.over(configuration.given(), name))
                .orElseThrow();
        return new OpenService(configuration, settings, surroundings.registry().open(settings));
    }

    String name() {
        return settings.get(ServiceSettings.SERVICE_NAME);
    }

    /** @throws CommandException with the nearest name when there is no such service */
    ServiceSpec spec() throws CommandException, RegistryAwayException, InterruptedException {
        Optional<ServiceSpec> spec = registry.readSpec();
        if (spec.isEmpty()) {
            throw ServiceName.notFound(name(), registry);
        }
        return spec.get();
    }

    /** Null when the ApplicationMaster has not said anything yet. */
    @Nullable
    ServiceStatus status() throws RegistryAwayException, InterruptedException {
        return registry.readStatus().orElse(null);
    }

    @Override
    public void close() {
        registry.close();
    }
}
