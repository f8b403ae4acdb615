/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import java.util.List;

/**
 * What the edges may know of the core after an event. Immutable.
 *
 * @param image what the registry should hold
 * @param live the status with loads as last polled, for the web page
 * @param polled agents to ask for their health
 * @param spec what is being brought about
 * @param policy deadlines and limits of that spec
 * @param surroundings what the service runs in
 */
public record Outlook(
        RegistryImage image,
        ServiceStatus live,
        List<PolledAgent> polled,
        ServiceSpec spec,
        Policy policy,
        SurroundingsView surroundings) {
    public Outlook {
        polled = List.copyOf(polled);
    }

    /** An agent to ask. */
    public record PolledAgent(String containerId, String agentUrl) {}
}
