/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import io.sparkconnect.registry.ScalingStatus.Limit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What YARN has taught a pool, for a while: that it gives no more than this, or wants some back. Confined to the core
 * thread.
 */
final class Ceilings {
    /** YARN repeats a wish every few seconds; what it has not repeated for so long, it does not wish any more. */
    private static final long WISH_LASTS_MS = 60_000;

    /** What happens again so soon lasts twice as long. */
    private static final long SOON_MS = 3_600_000;

    private static final int MOST_DOUBLINGS = 4;

    /** A bound for a while; below the pool's minimum only for the first part of it. */
    record Ceiling(int servers, Limit limit, String why, long untilMs, long belowMinimumUntilMs) {}

    private final Map<String, Long> wishedBack = new HashMap<>();
    private @Nullable Ceiling ceiling;
    private long endedAtMs;
    private int doublings;
    private boolean endsWithRoom;
    private long waitingSinceMs = -1;
    private int heldThen;

    /** The bound that holds now; null when none does. */
    @Nullable
    Ceiling now(long nowMs) {
        if (ceiling != null && nowMs >= ceiling.untilMs()) {
            endedAtMs = ceiling.untilMs();
            ceiling = null;
        }
        return ceiling;
    }

    /** Asks that were withdrawn because there was no room are worth another try as soon as there is. */
    void look(Room room, long nowMs) {
        if (ceiling != null && ceiling.limit() == Limit.PENDING && endsWithRoom && room.now()) {
            endedAtMs = nowMs;
            ceiling = null;
        }
    }

    /**
     * Watches whether YARN gives what it is asked for.
     *
     * @param spared asks are withdrawn only beyond so many servers
     * @return whether the asks that wait are to be withdrawn, because nothing was given for too long
     */
    boolean runsOutOfPatience(PoolLoad load, int spared, Room room, long patienceMs, long pauseMs, long nowMs) {
        if (load.pendingAsks() == 0) {
            waitingSinceMs = -1;
        } else if (waitingSinceMs < 0 || load.holding() > heldThen) {
            waitingSinceMs = nowMs;
        }
        heldThen = load.holding();
        if (waitingSinceMs < 0 || nowMs - waitingSinceMs < patienceMs || load.slots() <= spared) {
            return false;
        }
        waitingSinceMs = -1;
        int given = Math.max(spared, load.slots() - load.pendingAsks());
        lower(new Ceiling(given, Limit.PENDING, room.whyPending(), nowMs + again(pauseMs, nowMs), nowMs), nowMs);
        endsWithRoom = !room.now();
        return true;
    }

    /**
     * YARN wants these containers, or as many others, for another queue.
     *
     * @return how many it had not asked for before
     */
    int wishedBack(Set<String> containers, int target, long pauseMs, long nowMs) {
        wishedBack.values().removeIf(until -> nowMs >= until);
        Set<String> fresh = new HashSet<>(containers);
        fresh.removeAll(wishedBack.keySet());
        containers.forEach(container -> wishedBack.put(container, nowMs + WISH_LASTS_MS));
        if (!fresh.isEmpty()) {
            int left = Math.max(0, Math.min(target, bound(nowMs)) - fresh.size());
            String why = "YARN wants containers back for another queue";
            long untilMs = nowMs + again(pauseMs, nowMs);
            lower(new Ceiling(left, Limit.PREEMPTION, why, untilMs, nowMs + WISH_LASTS_MS), nowMs);
        }
        return fresh.size();
    }

    /** YARN has taken a container for another queue. */
    void taken(String container, int target, long pauseMs, long nowMs) {
        if (wishedBack.remove(container) == null) {
            int left = Math.max(0, Math.min(target, bound(nowMs)) - 1);
            String why = "YARN has taken containers for another queue";
            lower(new Ceiling(left, Limit.PREEMPTION, why, nowMs + again(pauseMs, nowMs), nowMs), nowMs);
        }
    }

    private int bound(long nowMs) {
        Ceiling present = now(nowMs);
        return present == null ? Integer.MAX_VALUE : present.servers();
    }

    /** How long a bound lasts that is made now. */
    private long again(long pauseMs, long nowMs) {
        if (now(nowMs) == null) {
            boolean soon = endedAtMs > 0 && nowMs - endedAtMs < SOON_MS;
            doublings = soon ? Math.min(doublings + 1, MOST_DOUBLINGS) : 0;
        }
        return Math.min(pauseMs << doublings, Math.max(pauseMs, SOON_MS));
    }

    private void lower(Ceiling next, long nowMs) {
        Ceiling present = now(nowMs);
        if (present == null || next.servers() <= present.servers()) {
            ceiling = next;
        } else {
            // A bound is never lifted before its time; what comes later makes it last.
            ceiling = new Ceiling(
                    present.servers(), present.limit(), present.why(), next.untilMs(), present.belowMinimumUntilMs());
        }
    }
}
