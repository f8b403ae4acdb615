/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a new attempt starts from.
 *
 * @param containers running containers of earlier attempts, as YARN knows them now
 * @param slots what earlier attempts wrote
 * @param servers what earlier attempts published
 * @param deaths certificates that are still kept
 * @param status what an earlier attempt last said; null when there is none
 * @param maxMemoryMiB the largest container that the scheduler allows by its configuration
 * @param maxVcores the same for virtual cores
 * @param spreading how YARN is told where servers should go
 */
public record Recovered(
        ServiceSpec spec,
        Policy policy,
        List<ContainerGrant> containers,
        List<SlotRecord> slots,
        List<ServerRecord> servers,
        List<DeathCertificate> deaths,
        @Nullable ServiceStatus status,
        long maxMemoryMiB,
        int maxVcores,
        Spreading spreading) {
    public Recovered {
        containers = List.copyOf(containers);
        slots = List.copyOf(slots);
        servers = List.copyOf(servers);
        deaths = List.copyOf(deaths);
    }
}
