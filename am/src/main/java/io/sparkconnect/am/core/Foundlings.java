/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Running containers of which no record is left, because somebody wiped the registry while no attempt lived. Their servers
 * have users' sessions, which proxies go on serving: they are kept, as servers of the pool that asks for containers of
 * their size. Confined to the core thread.
 */
final class Foundlings {
    private Foundlings() {}

    /** A new slot for the container, whose server is known when it joins again; null when the service has no pool. */
    static @Nullable Slot home(ClusterState cluster, ContainerGrant container, long nowMs) {
        PoolSpec pool = cluster.spec.pools().values().stream()
                .min(Comparator.<PoolSpec>comparingLong(candidate -> misfit(candidate, container))
                        .thenComparing(PoolSpec::name))
                .orElse(null);
        if (pool == null) {
            return null;
        }
        Slot slot = new Slot(freeName(cluster, pool.name()), pool.name(), nowMs);
        slot.grant = container;
        slot.allocationRequestId = container.allocationRequestId();
        // Of what revision it is nobody knows; to take it for an old one would end it for no reason.
        slot.revision = pool.revision();
        slot.recoverAs(
                SlotState.STARTING, nowMs, "its record was lost with the registry; waits for its server to join again");
        cluster.slots.put(slot.name, slot);
        cluster.decide(
                nowMs,
                slot.name + ": keeps " + container.containerId()
                        + ", which runs: the registry held no slots, so it was wiped");
        return slot;
    }

    /** A container is as large as its pool asks for, or a little larger; never smaller. */
    private static long misfit(PoolSpec pool, ContainerGrant container) {
        long spare = container.memoryMiB() - pool.containerMiB();
        return spare >= 0 ? spare : Long.MAX_VALUE;
    }

    private static String freeName(ClusterState cluster, String pool) {
        return IntStream.iterate(0, index -> index + 1)
                .mapToObj(index -> ClusterState.slotName(pool, index))
                .filter(name -> !cluster.slots.containsKey(name))
                .findFirst()
                .orElseThrow();
    }
}
