/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;

/** What becomes of a slot when YARN answers its ask, one way or the other. Confined to the core thread. */
final class AskAnswers {
    private final ClusterState cluster;

    AskAnswers(ClusterState cluster) {
        this.cluster = cluster;
    }

    /** A container that no slot waits for, or not on that node, is given back. */
    void allocated(ContainerGrant grant, long nowMs) {
        if (cluster.slotHolding(grant.containerId()) != null) {
            return;
        }
        Slot slot = cluster.slotAsking(grant.allocationRequestId());
        if (slot == null || !slot.is(SlotState.REQUESTED)) {
            cluster.releaseUnheld(grant.containerId());
            return;
        }
        PoolSpec pool = cluster.launchSpec(slot.pool);
        if (pool == null || !slot.askedForSuch(pool)) {
            giveBack(slot, grant, "its pool is not what it was when it asked", nowMs);
        } else if (cluster.leavingNodes.isLeaving(grant.node())) {
            giveBack(slot, grant, "waits for a container elsewhere: " + grant.node() + " leaves the cluster", nowMs);
        } else if (cluster.isDrained(grant.node())) {
            giveBack(slot, grant, "waits for a container elsewhere: " + grant.node() + " is drained", nowMs);
        } else if (Placement.isTooCrowded(cluster, slot, grant.node(), nowMs)) {
            giveBack(slot, grant, "waits for a container on a node with fewer servers than " + grant.node(), nowMs);
        } else {
            cluster.obstacles.endRefusal(slot, nowMs);
            slot.grant = grant;
            slot.moveTo(SlotState.ALLOCATED, nowMs, "starts " + grant.containerId() + " on " + grant.node());
            cluster.act(new Action.LaunchServer(slot.name, grant, pool));
        }
    }

    private void giveBack(Slot slot, ContainerGrant grant, String why, long nowMs) {
        cluster.releaseUnheld(grant.containerId());
        slot.moveTo(SlotState.WANTED, nowMs, why);
    }

    /** The pool asks again later: what YARN does not take now, it may take when nodes have come. */
    void refused(Event.AskRefused refused, long nowMs) {
        Slot slot = cluster.slotAsking(refused.allocationRequestId());
        if (slot != null && slot.is(SlotState.REQUESTED)) {
            cluster.act(new Action.CancelAsk(refused.allocationRequestId()));
            slot.moveTo(SlotState.WANTED, nowMs, cluster.refusals.note(slot, refused.reason(), nowMs));
        }
    }

    /** The ask is made anew, and any node will do: what YARN could not place once, it may never be able to place. */
    void rejected(Event.AskRejected rejected, long nowMs) {
        Slot slot = cluster.slotAsking(rejected.allocationRequestId());
        if (slot != null && slot.is(SlotState.REQUESTED)) {
            String why = "YARN rejected its ask: " + rejected.reason();
            cluster.act(new Action.CancelAsk(rejected.allocationRequestId()));
            cluster.decide(nowMs, slot.name + ": " + why + "; asks anew for any node");
            slot.spreadUntilMs = nowMs;
            slot.moveTo(SlotState.WANTED, nowMs, why);
        }
    }
}
