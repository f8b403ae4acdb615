/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.Map;

/**
 * The desired state of a service. The launcher writes it, the ApplicationMaster brings it about.
 *
 * @param generation grows by one with each change; the status says which generation has been reached
 * @param service name of the service
 * @param user who launched it
 * @param desired running or stopped
 * @param drainDeadlineMs how long a stop may wait for sessions to end, ms; 0 stops at once
 * @param pools pools by name; at least one
 * @param settings every effective {@code sparkconnect.*} setting of the launch, for what the AM itself needs
 */
public record ServiceSpec(
        long generation,
        String service,
        String user,
        DesiredState desired,
        long drainDeadlineMs,
        Map<String, PoolSpec> pools,
        Map<String, String> settings) {
    public ServiceSpec {
        pools = pools == null ? Map.of() : Map.copyOf(pools);
        settings = settings == null ? Map.of() : Map.copyOf(settings);
    }

    /** The same wish with everything stopped, one generation later. */
    public ServiceSpec stopped(long withinMs) {
        return new ServiceSpec(generation + 1, service, user, DesiredState.STOPPED, withinMs, pools, settings);
    }
}
