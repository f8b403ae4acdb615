/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.publish;

import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When a status is worth a write. It is one node with every slot in it, 100 KB for 200 servers, and ZooKeeper logs each write
 * in full: what has happened is told at once, how busy servers are now and then only. Pure.
 */
final class StatusNews {
    /** Busy servers publish their loads at scattered moments: all that came together is told in one write. */
    static final Duration LOADS_AT_MOST_EVERY = Duration.ofSeconds(5);

    /** A status that says nothing new is written all the same, so that readers see that we live. */
    static final Duration AT_LEAST_EVERY = Duration.ofSeconds(30);

    private StatusNews() {}

    /**
     * @param told null when nothing is known to be written
     * @param sinceTold time since that write
     */
    static boolean isWorthWriting(@Nullable ServiceStatus now, @Nullable ServiceStatus told, Duration sinceTold) {
        if (now == null || told == null || sinceTold.compareTo(AT_LEAST_EVERY) >= 0 || hasHappened(now, told)) {
            return true;
        }
        return sinceTold.compareTo(LOADS_AT_MOST_EVERY) >= 0
                && !(now.pools().equals(told.pools()) && now.slots().equals(told.slots()));
    }

    /** Whether something else than loads, and what follows from them by the second, has changed. */
    private static boolean hasHappened(ServiceStatus now, ServiceStatus told) {
        return now.state() != told.state()
                || now.generation() != told.generation()
                || now.attempt() != told.attempt()
                || !now.message().equals(told.message())
                || !now.decisions().equals(told.decisions())
                || poolsHaveChanged(now.pools(), told.pools())
                || slotsHaveChanged(now.slots(), told.slots());
    }

    private static boolean poolsHaveChanged(Map<String, PoolStatus> now, Map<String, PoolStatus> told) {
        return !now.keySet().equals(told.keySet())
                || now.entrySet().stream()
                        .anyMatch(pool -> !withoutLoad(pool.getValue())
                                .equals(withoutLoad(Objects.requireNonNull(told.get(pool.getKey())))));
    }

    private static PoolStatus withoutLoad(PoolStatus pool) {
        ScalingStatus scaling = pool.scaling();
        return new PoolStatus(
                pool.desired(),
                pool.ready(),
                pool.starting(),
                pool.draining(),
                0,
                pool.restarts(),
                scaling == null ? null : new ScalingStatus(0, 0, 0, 0, scaling.limit(), ""),
                pool.rollout());
    }

    private static boolean slotsHaveChanged(List<SlotStatus> now, List<SlotStatus> told) {
        if (now.size() != told.size()) {
            return true;
        }
        for (int i = 0; i < now.size(); i++) {
            if (!withoutLoad(now.get(i)).equals(withoutLoad(told.get(i)))) {
                return true;
            }
        }
        return false;
    }

    private static SlotStatus withoutLoad(SlotStatus slot) {
        return new SlotStatus(
                slot.slot(),
                slot.pool(),
                slot.state(),
                slot.sinceMs(),
                slot.serverId(),
                slot.node(),
                slot.address(),
                0,
                0,
                0,
                slot.heapMaxBytes(),
                slot.restarts(),
                slot.reason(),
                slot.logUrl(),
                slot.childApplicationId(),
                slot.revision());
    }
}
