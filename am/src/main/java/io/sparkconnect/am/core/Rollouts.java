/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.RolloutOrder;
import io.sparkconnect.registry.SlotState;

/**
 * Replaces the servers of a pool when its configuration has changed: new ones first, and no old one goes before new ones
 * are ready in its place. When new ones do not become ready, the pool goes back to what it was. Confined to the core thread.
 */
final class Rollouts {
    private final ClusterState cluster;
    private final Departures departures;

    Rollouts(ClusterState cluster, Departures departures) {
        this.cluster = cluster;
        this.departures = departures;
    }

    /** One step. The pool's size is brought about by {@link PoolSizer}, which counts {@link #surge} in. */
    void step(String pool, long nowMs) {
        PoolSpec wished = cluster.spec.pools().get(pool);
        if (wished == null || wished.rollout() == null || cluster.isStopping()) {
            return;
        }
        beginWhenNew(wished, wished.rollout(), nowMs);
        askAnewForOldRequests(pool, nowMs);
        RolloutView view = view(pool);
        if (!view.progress().isGivenUp() && !view.progress().done) {
            giveUpWhenHopeless(pool, view, nowMs);
            view = view(pool);
        }
        int retired = view.mayRetire();
        if (retired > 0) {
            view.old().stream()
                    .sorted(PoolSizer.CHEAPEST_FIRST)
                    .limit(retired)
                    .forEach(slot -> departures.letGo(slot, nowMs));
            view = view(pool);
        }
        finishWhenOver(pool, view, nowMs);
    }

    /** Servers above its target that the pool may have for a while. */
    int surge(String pool) {
        RolloutView view = cluster.isStopping() ? null : RolloutView.of(cluster, pool);
        return view == null ? 0 : view.surge();
    }

    private RolloutView view(String pool) {
        RolloutView view = RolloutView.of(cluster, pool);
        if (view == null) {
            throw new IllegalStateException("pool " + pool + " has a rollout without progress");
        }
        return view;
    }

    private void beginWhenNew(PoolSpec wished, RolloutOrder order, long nowMs) {
        RolloutProgress before = cluster.rollouts.get(wished.name());
        if (before != null && before.revision == order.revision()) {
            return;
        }
        cluster.rollouts.put(wished.name(), new RolloutProgress(order.revision(), nowMs));
        boolean noRoom =
                !order.atOnce() && order.maxSurge() > 0 && cluster.target(wished.name()) >= wished.maxServers();
        cluster.decide(
                nowMs,
                "pool " + wished.name() + ": replaces its servers: " + order.what()
                        + (noRoom
                                ? "; sparkconnect.servers.max leaves no room for a new one, so an old one goes first"
                                : ""));
        for (Slot slot : cluster.slotsOf(wished.name())) {
            // What failed with the old configuration gets its chance with the new one at once.
            slot.consecutiveFailures = 0;
            if (slot.is(SlotState.BACKOFF)) {
                slot.backoffUntilMs = nowMs;
            }
        }
    }

    /** An ask of another revision may be for another size. */
    private void askAnewForOldRequests(String pool, long nowMs) {
        PoolSpec launch = cluster.launchSpec(pool);
        for (Slot slot : cluster.slotsOf(pool)) {
            if (launch != null && slot.is(SlotState.REQUESTED) && slot.revision != launch.revision()) {
                cluster.act(new Action.CancelAsk(slot.allocationRequestId));
                slot.moveTo(SlotState.WANTED, nowMs, "asks anew: the pool's configuration has changed");
            }
        }
    }

    private void giveUpWhenHopeless(String pool, RolloutView view, long nowMs) {
        RolloutProgress progress = view.progress();
        Slot awaited = view.fresh().stream()
                .filter(slot -> !slot.is(SlotState.READY))
                .findFirst()
                .orElse(null);
        boolean waitsForRoom =
                awaited != null && awaited.grant == null && !view.outgoing().isEmpty();
        if (awaited == null || waitsForRoom) {
            // The room may be that of a server whose sessions still have time.
            progress.progressAtMs = nowMs;
        } else if (progress.failures >= cluster.policy.rollouts().failures()) {
            giveUp(pool, view, progress.failures + " new servers failed, the last: " + awaited.reason(), nowMs);
        } else if (nowMs - progress.progressAtMs
                >= cluster.policy.rollouts().progressTimeout().toMillis()) {
            giveUp(
                    pool,
                    view,
                    "no new server became ready within sparkconnect.rollout.progress.timeout: " + awaited.name + " "
                            + awaited.state() + ", " + awaited.reason()
                            + (awaited.grant == null ? "; with --max-surge 0 an old one makes room first" : ""),
                    nowMs);
        }
    }

    private void giveUp(String pool, RolloutView view, String why, long nowMs) {
        view.progress().givenUpBecause = why;
        cluster.decide(
                nowMs,
                "pool " + pool
                        + (view.order().previous() == null
                                ? ": stops replacing its servers: "
                                : ": goes back to its configuration before \""
                                        + view.order().what() + "\": ")
                        + why);
        for (Slot slot : cluster.slotsOf(pool)) {
            if (slot.is(SlotState.BACKOFF) && view.order().previous() != null) {
                slot.consecutiveFailures = 0;
                slot.backoffUntilMs = nowMs;
            }
        }
        askAnewForOldRequests(pool, nowMs);
    }

    private void finishWhenOver(String pool, RolloutView view, long nowMs) {
        if (!view.progress().done && view.isOver()) {
            view.progress().done = true;
            cluster.decide(
                    nowMs,
                    "pool " + pool
                            + (view.progress().isGivenUp()
                                    ? ": is back at its configuration before \""
                                            + view.order().what() + "\""
                                    : ": has replaced its servers: "
                                            + view.order().what()));
        }
    }
}
