/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import io.sparkconnect.am.core.ContainerGrant;

/** A server in its container. */
final class SimulatedServer {
    final ContainerGrant grant;
    final SimulatedNode node;
    boolean launched;
    boolean joined;
    /** When it is launched, or joins. */
    long nextMs = Long.MAX_VALUE;

    long stopsAtMs = Long.MAX_VALUE;
    long preemptedAtMs = Long.MAX_VALUE;
    /** Sessions, as the core was last told. */
    int told;

    SimulatedServer(ContainerGrant grant, SimulatedNode node) {
        this.grant = grant;
        this.node = node;
    }
}
