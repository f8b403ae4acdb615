/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The observed state of a service, written by its ApplicationMaster.
 *
 * @param applicationId YARN application
 * @param attempt application attempt that writes this
 * @param webUrl the AM's own page; null until its server is bound
 * @param generation the spec's generation that this status answers
 * @param state summary of all pools
 * @param message why the state is not READY, or empty
 * @param launchedAtMs when the first attempt started
 * @param updatedAtMs when this was written
 * @param pools counts by pool
 * @param slots every slot, ordered by name
 * @param decisions the last decisions with their reasons, newest last
 * @param spreading how servers are spread over nodes and why so, in words that continue "Servers are"; null when the AM is
 *     of a version that does not tell
 */
public record ServiceStatus(
        String applicationId,
        int attempt,
        @Nullable String webUrl,
        long generation,
        ServiceState state,
        String message,
        long launchedAtMs,
        long updatedAtMs,
        Map<String, PoolStatus> pools,
        List<SlotStatus> slots,
        List<Decision> decisions,
        @Nullable String spreading) {
    public ServiceStatus {
        pools = pools == null ? Map.of() : Map.copyOf(pools);
        slots = slots == null ? List.of() : List.copyOf(slots);
        decisions = decisions == null ? List.of() : List.copyOf(decisions);
    }
}
