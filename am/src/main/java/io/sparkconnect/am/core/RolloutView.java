/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.SlotState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pool in the middle of a rollout, or after one.
 *
 * @param target servers that the pool shall have, without those that the rollout adds for a while
 * @param most {@code sparkconnect.servers.max}: servers that may take sessions at once; those that drain do not count
 * @param old servers, ready or on their way, that were started with another revision than servers are started with now
 * @param fresh all other slots that stay
 * @param outgoing servers of another revision that drain or stop already
 * @param yielding how many of those go for the rollout's sake; the others have been replaced on their own account, and may
 *     take their time
 */
record RolloutView(
        RolloutOrder order,
        RolloutProgress progress,
        int target,
        int most,
        List<Slot> old,
        List<Slot> fresh,
        List<Slot> outgoing,
        int yielding) {
    /** Null when nobody has asked for a rollout of the pool, or the pool is not wanted. */
    static @Nullable RolloutView of(ClusterState cluster, String pool) {
        PoolSpec wished = cluster.spec.pools().get(pool);
        PoolSpec launch = cluster.launchSpec(pool);
        RolloutProgress progress = cluster.rollouts.get(pool);
        if (wished == null || launch == null || wished.rollout() == null || progress == null) {
            return null;
        }
        List<Slot> old = new ArrayList<>();
        List<Slot> fresh = new ArrayList<>();
        List<Slot> outgoing = new ArrayList<>();
        int yielding = 0;
        for (Slot slot : cluster.slotsOf(pool)) {
            boolean hasServer = slot.grant != null;
            boolean isOld = hasServer && slot.revision != launch.revision();
            if (PoolSizer.stays(slot)) {
                (isOld ? old : fresh).add(slot);
            } else if (isOld && !slot.is(SlotState.GONE)) {
                outgoing.add(slot);
                boolean goesAnyway = cluster.drainOrder(slot) != null || cluster.leavingNodes.isOnOne(slot);
                yielding += goesAnyway ? 0 : 1;
            }
        }
        return new RolloutView(
                wished.rollout(), progress, cluster.target(pool), wished.maxServers(), old, fresh, outgoing, yielding);
    }

    /** Whether old servers are to be replaced. Not when new ones fail and there is nothing to go back to. */
    boolean replaces() {
        return !old.isEmpty() && !(progress.isGivenUp() && order.previous() == null);
    }

    /** Servers above the target that it may have now. Those that are on their way out still take room. */
    int surge() {
        if (!replaces() || drainsAllAtOnce()) {
            return 0;
        }
        return Math.max(0, Math.min(mostSurge() - yielding, old.size()));
    }

    /** As the operator wished it, but within the pool's maximum. 0: an old server goes before a new one comes. */
    int mostSurge() {
        return Math.max(0, Math.min(order.maxSurge(), most - target));
    }

    /** Bringing back goes one by one in any case: what is there serves. */
    boolean drainsAllAtOnce() {
        return order.atOnce() && !progress.isGivenUp();
    }

    /** How many old servers may go now: as many as new ones stand in for them. */
    int mayRetire() {
        if (!replaces()) {
            return 0;
        }
        if (drainsAllAtOnce()) {
            return old.size();
        }
        if (!fresh.stream().allMatch(slot -> slot.is(SlotState.READY))) {
            return 0;
        }
        int staying = old.size() + fresh.size();
        if (mostSurge() == 0) {
            return yielding == 0 && staying >= target ? 1 : 0;
        }
        return Math.max(0, Math.min(staying - target, old.size()));
    }

    /** Whether nothing is left to be replaced or waited for. */
    boolean isOver() {
        return !replaces() && outgoing.isEmpty() && updated() >= target;
    }

    private int updated() {
        return (int) fresh.stream().filter(slot -> slot.is(SlotState.READY)).count();
    }

    RolloutStatus status() {
        return new RolloutStatus(progress.revision, progress.state(), updated(), old.size() + fresh.size(), message());
    }

    private String message() {
        if (progress.givenUpBecause != null) {
            return progress.givenUpBecause;
        }
        if (progress.state() == RolloutState.DONE) {
            return "";
        }
        for (Slot slot : fresh) {
            if (!slot.is(SlotState.READY)) {
                return slot.name + " " + slot.state() + (slot.reason().isEmpty() ? "" : ": " + slot.reason());
            }
        }
        for (Slot slot : outgoing) {
            if (slot.is(SlotState.DRAINING)) {
                return slot.name + " drains"
                        + (slot.load.sessions() > 0 ? " " + slot.load.sessions() + " sessions" : "");
            }
        }
        return "";
    }
}
