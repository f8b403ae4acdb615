/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a new attempt takes over what earlier ones left. Confined to the core thread. */
final class Recovery {
    private final ClusterState cluster;
    private final Endings endings;

    Recovery(ClusterState cluster, Endings endings) {
        this.cluster = cluster;
        this.endings = endings;
    }

    void recover(Recovered recovered, long nowMs) {
        EarlierTimes times = EarlierTimes.of(recovered, nowMs);
        recovered.deaths().stream()
                .sorted(Comparator.comparingLong(death -> death.diedAtMs()))
                .forEach(death -> cluster.deaths.put(death.at(times.happened(death.diedAtMs()))));
        recallStatus(recovered.status(), times);
        for (SlotRecord record : recovered.slots()) {
            Slot slot = Slot.fromRecord(record, times, cluster.policy);
            cluster.slots.put(slot.name, slot);
            recallPublication(slot, recovered.servers(), times);
            recallEnding(slot);
            slot.unconfirmedSinceMs = slot.grant == null ? 0 : nowMs;
        }
        cluster.slotsWereLost =
                cluster.identity.attempt() > 1 && recovered.slots().isEmpty();
        int adopted = adoptOrRelease(recovered.containers(), nowMs);
        List.copyOf(cluster.slots.values()).forEach(slot -> settleUnadopted(slot, nowMs));
        cluster.reapFor(nowMs);
        if (cluster.spreading.isNews()) {
            cluster.decide(nowMs, "servers are " + cluster.spreading.inWords());
        }
        if (cluster.identity.attempt() > 1 || adopted > 0) {
            cluster.decide(
                    nowMs,
                    "attempt " + cluster.identity.attempt() + " took over " + adopted + " of "
                            + recovered.slots().size() + " slots with their running containers");
        }
    }

    /** Rollouts that were given up stay so, and what was decided is still news. An earlier application's are none of ours. */
    private void recallStatus(@Nullable ServiceStatus said, EarlierTimes times) {
        if (said == null || !said.applicationId().equals(cluster.identity.applicationId())) {
            return;
        }
        said.decisions()
                .forEach(decision ->
                        cluster.decisions.addLast(new Decision(times.happened(decision.atMs()), decision.text())));
        said.pools().forEach((pool, status) -> {
            RolloutStatus rollout = status.rollout();
            if (rollout != null) {
                cluster.rollouts.put(pool, RolloutProgress.of(rollout, times.nowMs()));
            }
        });
    }

    /** Yields how many were adopted; the rest is given back. */
    int adoptOrRelease(List<ContainerGrant> containers, long nowMs) {
        int adopted = 0;
        for (ContainerGrant container : containers) {
            Slot slot = ownerOf(container);
            if (slot == null && cluster.slotsWereLost) {
                slot = Foundlings.home(cluster, container, nowMs);
            }
            if (slot == null) {
                cluster.decide(nowMs, "gives back " + container.containerId() + ": no slot knows it");
                cluster.releaseUnheld(container.containerId());
                cluster.act(new Action.StopContainer(container.containerId(), container.node()));
            } else {
                adopt(slot, container, nowMs);
                adopted++;
            }
        }
        return adopted;
    }

    private @Nullable Slot ownerOf(ContainerGrant container) {
        Slot holder = cluster.slotHolding(container.containerId());
        if (holder != null) {
            return holder;
        }
        // Its slot was written before the container was known, if the earlier attempt died in between.
        Slot asker = cluster.slotAsking(container.allocationRequestId());
        return asker != null && asker.grant == null && asker.is(SlotState.REQUESTED) ? asker : null;
    }

    private static void adopt(Slot slot, ContainerGrant container, long nowMs) {
        if (slot.grant == null || slot.grant.nodeHttpAddress().isEmpty()) {
            slot.grant = container;
        }
        slot.unconfirmedSinceMs = 0;
        if (slot.is(SlotState.REQUESTED) || slot.is(SlotState.ALLOCATED)) {
            slot.recoverAs(SlotState.STARTING, nowMs, "taken over from an earlier attempt; waits for its server");
        }
    }

    /** Slots whose container YARN did not report: some never had one, some may be reported later. */
    private void settleUnadopted(Slot slot, long nowMs) {
        switch (slot.state()) {
            case REQUESTED -> slot.recoverAs(SlotState.WANTED, nowMs, "the earlier attempt's ask ended with it");
            case UNKNOWN -> {
                if (slot.grant == null) {
                    slot.recoverAs(SlotState.WANTED, nowMs, "its state was written by a newer version");
                } else {
                    slot.recoverAs(
                            slot.server == null ? SlotState.STARTING : SlotState.READY,
                            nowMs,
                            "its state was written by a newer version");
                }
            }
            case GONE -> cluster.slots.remove(slot.name);
            case ALLOCATED -> {
                if (slot.grant == null) {
                    slot.recoverAs(SlotState.WANTED, nowMs, "its container's name was lost");
                } else {
                    // YARN keeps only containers that run: this one was never started.
                    cluster.releaseUnheld(slot.grant.containerId());
                    slot.clearContainer();
                    slot.recoverAs(SlotState.WANTED, nowMs, "its container ended with the earlier attempt");
                }
            }
            case STARTING, READY, DRAINING, STOPPING -> {
                if (slot.grant == null || (slot.server == null && needsServer(slot))) {
                    if (slot.grant != null) {
                        cluster.releaseUnheld(slot.grant.containerId());
                    }
                    slot.clearContainer();
                    slot.recoverAs(SlotState.WANTED, nowMs, "its record was not complete");
                }
            }
            case WANTED, BACKOFF -> {
                slot.clearContainer();
            }
        }
    }

    /** Why an earlier attempt was ending the slot's server: its certificate was written when that began. */
    private void recallEnding(Slot slot) {
        if (!slot.is(SlotState.STOPPING) || slot.grant == null) {
            return;
        }
        DeathCertificate written = cluster.deaths.of(slot.grant.containerId());
        if (written != null) {
            slot.ending = new Ending(written.cause(), written.diagnostics(), written.remedy(), false);
        } else if (slot.server == null) {
            // All other ends are certified.
            slot.ending = new Ending(DeathCause.SCALED_IN, slot.reason(), null, false);
        }
        slot.leaving = slot.ending != null && slot.ending.cause().isWished();
    }

    private static boolean needsServer(Slot slot) {
        return slot.is(SlotState.READY) || slot.is(SlotState.DRAINING);
    }

    private static void recallPublication(Slot slot, List<ServerRecord> servers, EarlierTimes times) {
        for (ServerRecord server : servers) {
            if (slot.holds(server.serverId())) {
                slot.readyAtMs = times.happened(server.readyAtMs());
                slot.load = server.load();
                slot.publishedLoad = server.load();
                slot.loadPublishedAtMs = times.nowMs();
                return;
            }
        }
        if (needsServer(slot)) {
            slot.readyAtMs = slot.sinceMs();
        }
    }

    /** A slot whose container was not reported in all the time that late ones have. */
    void giveUpUnconfirmed(Slot slot, long nowMs) {
        boolean late = slot.unconfirmedSinceMs > 0
                && nowMs - slot.unconfirmedSinceMs
                        >= cluster.policy.lateContainers().toMillis();
        if (!late || slot.is(SlotState.STOPPING)) {
            return;
        }
        slot.unconfirmedSinceMs = 0;
        String detail = "YARN did not report it to attempt " + cluster.identity.attempt();
        endings.stopGracefully(slot, new Ending(DeathCause.NODE_LOST, detail, null, false), nowMs);
    }
}
