/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.SlotState;
import java.time.Duration;
import java.util.List;

/**
 * Derives what to do from what is wanted and what is known, whatever events were lost: each pass looks at every slot and
 * at every deadline. Confined to the core thread.
 */
final class Reconciler {
    /** A container that YARN can give is there within seconds. */
    private static final Duration UNUSUAL_WAIT = Duration.ofSeconds(10);

    private static final String HELD_BACK = "waits: too many servers of its pool failed in the last minute";

    private final ClusterState cluster;
    private final Endings endings;
    private final Departures departures;
    private final Drains drains;
    private final Rollouts rollouts;
    private final Scaling scaling;
    private final PoolSizer sizer;
    private final CrashLaunches crashLaunches = new CrashLaunches();
    private final Recovery recovery;

    Reconciler(ClusterState cluster, Backoff backoff) {
        this.cluster = cluster;
        this.endings = new Endings(cluster, backoff);
        this.departures = new Departures(cluster, endings);
        this.drains = new Drains(cluster, departures);
        this.rollouts = new Rollouts(cluster, departures);
        this.scaling = new Scaling(cluster);
        this.sizer = new PoolSizer(cluster, departures, rollouts);
        this.recovery = new Recovery(cluster, endings);
    }

    void pass(long nowMs) {
        if (cluster.finished) {
            return;
        }
        noteStop(nowMs);
        drains.step(nowMs);
        scaling.decideWhenDue(nowMs);
        cluster.pools().forEach(pool -> {
            cluster.leavingNodes.step(pool, departures, endings, nowMs);
            rollouts.step(pool, nowMs);
            sizer.size(pool, nowMs);
        });
        cluster.obstacles.keepOnlyPoolsOf(cluster.slots.values());
        List.copyOf(cluster.slots.values()).forEach(slot -> step(slot, nowMs));
        cluster.slots.values().removeIf(slot -> slot.is(SlotState.GONE));
        Children.listWhenDue(cluster, nowMs);
        avoidCrowdedNodes(nowMs);
        forgetOldDeaths(nowMs);
        finishWhenEmpty();
    }

    private void step(Slot slot, long nowMs) {
        switch (slot.state()) {
            case WANTED -> ask(slot, nowMs);
            case REQUESTED -> awaitAllocation(slot, nowMs);
            case ALLOCATED -> awaitLaunch(slot, nowMs);
            case STARTING -> awaitServer(slot, nowMs);
            case READY -> keepReady(slot, nowMs);
            case DRAINING -> awaitEmpty(slot, nowMs);
            case STOPPING -> awaitCompletion(slot, nowMs);
            case BACKOFF -> awaitBackoff(slot, nowMs);
            case GONE, UNKNOWN -> {
                // Nothing can happen to it any more.
            }
        }
    }

    private void ask(Slot slot, long nowMs) {
        PoolSpec pool = cluster.launchSpec(slot.pool);
        if (pool == null) {
            return;
        }
        String obstacle = Placement.obstacle(cluster, pool);
        if (obstacle == null) {
            obstacle = cluster.refusals.obstacle(pool, nowMs);
        }
        if (obstacle != null) {
            slot.explain(obstacle);
            cluster.obstacles.meets(slot.pool, obstacle, nowMs);
            return;
        }
        if (!cluster.refusals.isNoted(pool)) {
            cluster.obstacles.ends(slot.pool, nowMs);
        }
        slot.askedFor = pool;
        slot.generation++;
        slot.revision = pool.revision();
        slot.allocationRequestId = cluster.nextAllocationRequestId();
        slot.moveTo(SlotState.REQUESTED, nowMs, waitsForYarn(pool));
        if (slot.spreadUntilMs == 0) {
            slot.spreadUntilMs = nowMs + cluster.policy.spreadFor().toMillis();
        }
        ConstrainedPlacement.constrain(cluster, slot, pool, nowMs);
        cluster.act(new Action.AskContainer(
                slot.name,
                slot.allocationRequestId,
                pool.containerMiB(),
                pool.vcores(),
                Placement.nodeLabel(cluster, pool),
                slot.spread));
    }

    private void awaitAllocation(Slot slot, long nowMs) {
        PoolSpec pool = cluster.launchSpec(slot.pool);
        String outgrown = pool == null ? null : Placement.outgrown(cluster, pool);
        if (pool != null && !slot.askedForSuch(pool)) {
            askAnew(slot, "asks anew: the pool's configuration has changed", nowMs);
        } else if (outgrown != null) {
            askAnew(slot, outgrown, nowMs);
        } else if (has(slot, cluster.policy.askAgainAfter(), nowMs)) {
            askAnew(slot, "YARN did not answer its ask", nowMs);
        } else if (slot.isAskConstrained() && nowMs >= slot.spreadUntilMs) {
            askAnew(slot, "no node with few servers had room", nowMs);
        } else if (has(slot, UNUSUAL_WAIT, nowMs)) {
            // A refusal would have come with the next heartbeat.
            cluster.obstacles.endRefusal(slot, nowMs);
            explainWait(slot);
        }
    }

    private void askAnew(Slot slot, String why, long nowMs) {
        cluster.act(new Action.CancelAsk(slot.allocationRequestId));
        slot.moveTo(SlotState.WANTED, nowMs, why);
        ask(slot, nowMs);
    }

    private void explainWait(Slot slot) {
        PoolSpec pool = cluster.launchSpec(slot.pool);
        Scaled scaled = cluster.scaled.get(slot.pool);
        if (pool != null && scaled != null && scaled.room().isKnown()) {
            slot.explain(waitsForYarn(pool) + ": " + scaled.room().whyPending());
        }
    }

    private void awaitLaunch(Slot slot, long nowMs) {
        if (has(slot, cluster.policy.launchTimeout(), nowMs)) {
            String detail =
                    slot.heldGrant().node() + " did not start the container within sparkconnect.server.launch.timeout";
            endings.kill(slot, new Ending(DeathCause.START_TIMED_OUT, detail, null, true), nowMs);
        }
    }

    private void awaitServer(Slot slot, long nowMs) {
        String waiting = Children.whyWaiting(cluster, slot);
        StartProgress.lookWhenDue(cluster, slot, nowMs);
        String progress = StartProgress.inWords(cluster, slot);
        if (progress != null) {
            slot.explain(progress);
        }
        if (has(slot, cluster.policy.readyTimeout(), nowMs)) {
            String detail = waiting.isEmpty() ? "after sparkconnect.server.ready.timeout" : waiting;
            String remedy = waiting.isEmpty()
                    ? "see the server's log, or raise sparkconnect.server.ready.timeout"
                    : "free resources in sparkconnect.executors.queue, or raise its share for ApplicationMasters";
            endings.kill(slot, new Ending(DeathCause.START_TIMED_OUT, detail, remedy, true), nowMs);
        } else {
            recovery.giveUpUnconfirmed(slot, nowMs);
        }
    }

    private void keepReady(Slot slot, long nowMs) {
        slot.forgetFailuresWhenStable(nowMs, cluster.policy);
        LoadPublication.publishWhenDue(slot, nowMs);
        recovery.giveUpUnconfirmed(slot, nowMs);
    }

    private void awaitEmpty(Slot slot, long nowMs) {
        LoadPublication.publishWhenDue(slot, nowMs);
        slot.leaving = true;
        Duration deadline = departures.drainsFor(slot);
        long sinceMs = cluster.isStopping() ? Math.max(slot.sinceMs(), cluster.stopSinceMs) : slot.sinceMs();
        if (departures.isEmpty(slot, nowMs) || nowMs - sinceMs >= deadline.toMillis()) {
            endings.stopGracefully(slot, departures.ending(slot), nowMs);
        } else {
            tellDrainWithoutEnd(slot, nowMs);
            recovery.giveUpUnconfirmed(slot, nowMs);
        }
    }

    private void tellDrainWithoutEnd(Slot slot, long nowMs) {
        if (slot.drainsWithoutEnd) {
            if (!departures.isWithoutDeadline(slot)) {
                slot.drainsWithoutEnd = false;
                slot.explain("drains, until the deadline that it has now");
            }
        } else if (departures.drainsWithoutEnd(slot)) {
            slot.drainsWithoutEnd = true;
            String why = "drains without end: its Spark version cannot count its sessions, and a proxy has come or gone"
                    + " since it became ready; set sparkconnect.scaling.in.drain.timeout (12h, say), or drain "
                    + slot.heldGrant().containerId() + " with a deadline";
            slot.explain(why);
            cluster.decide(nowMs, slot.name + ": " + why);
        }
    }

    private void awaitCompletion(Slot slot, long nowMs) {
        Duration grace = cluster.policy.stopGrace();
        if (has(slot, grace.plus(cluster.policy.goneAfter()), nowMs)) {
            // Its completion was lost, or YARN has forgotten it; it was given back, so it cannot live.
            cluster.releaseUnheld(slot.heldGrant().containerId());
            endings.stopped(slot, null, Diagnostics.of(""), nowMs);
        } else if (!slot.killed && has(slot, grace, nowMs)) {
            endings.killContainer(slot);
        }
    }

    private void awaitBackoff(Slot slot, long nowMs) {
        if (nowMs < slot.backoffUntilMs) {
            return;
        }
        int perMinute = cluster.policy.rollouts().crashLaunchesPerMinute();
        if (!crashLaunches.admit(slot.pool, perMinute, nowMs)) {
            if (!slot.reason().startsWith(HELD_BACK)) {
                slot.explain(HELD_BACK + " (sparkconnect.server.crash.launches.per.minute: " + perMinute
                        + "); its last one: " + slot.reason());
            }
        } else {
            slot.moveTo(SlotState.WANTED, nowMs, slot.reason());
            ask(slot, nowMs);
        }
    }

    private void noteStop(long nowMs) {
        if (!cluster.isStopping()) {
            cluster.stopSinceMs = 0;
        } else if (cluster.stopSinceMs == 0) {
            cluster.stopSinceMs = nowMs;
            cluster.decide(nowMs, "stops: the operator wishes it");
        }
    }

    private void avoidCrowdedNodes(long nowMs) {
        if (!cluster.nodesSeen) {
            return;
        }
        Action.AvoidNodes avoid = Placement.nodesToAvoid(cluster, nowMs);
        if (!avoid.equals(cluster.avoiding)) {
            cluster.avoiding = avoid;
            cluster.act(avoid);
        }
    }

    private void forgetOldDeaths(long nowMs) {
        cluster.deaths.forgetOlderThan(nowMs - cluster.policy.deathsKeep().toMillis());
    }

    private void finishWhenEmpty() {
        if (cluster.isStopping() && cluster.slots.isEmpty()) {
            cluster.finished = true;
            cluster.act(new Action.FinishService("stopped on the operator's wish"));
        }
    }

    private static boolean has(Slot slot, Duration passed, long nowMs) {
        return nowMs - slot.sinceMs() >= passed.toMillis();
    }

    private static String waitsForYarn(PoolSpec pool) {
        return "waits for a container of " + pool.containerMiB() + " MiB in queue " + pool.queue();
    }
}
