/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import io.sparkconnect.registry.PoolScaling;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ScalingStatus.Limit;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many servers one pool shall have, decided again and again. Up at once, a step at a time, as far as queue and nodes can
 * give; down only when fewer have been enough for a while, a step at a time too. Confined to the core thread.
 */
public final class PoolScaler {
    private static final int UNSET = -1;

    private final PeakWindow needs = new PeakWindow();
    private final Ceilings ceilings = new Ceilings();
    private int target = UNSET;
    private long lastOutMs = Long.MIN_VALUE / 2;
    private long lastInMs = Long.MIN_VALUE / 2;
    /** Since when queue and nodes have had no room for what the pool has; -1 while they have. */
    private long tooLargeSinceMs = UNSET;

    /**
     * Decides anew; to be called at least every few seconds.
     *
     * @param nowMs milliseconds since the epoch, never falling
     */
    public ScalingDecision decide(PoolSpec pool, PoolLoad load, Room room, long nowMs) {
        PoolScaling how = pool.scaling();
        if (how == null || isFixed(pool)) {
            return fixed(pool, load, how, nowMs);
        }
        Need need = Need.of(load, pool, how);
        if (target == UNSET) {
            // What an earlier attempt left is kept until it has proved to be too much.
            target = clamp(load.slots(), pool);
            needs.add(target, nowMs);
        }
        needs.add(need.lasting(), nowMs);
        ceilings.look(room, nowMs);
        boolean withdrawn =
                ceilings.runsOutOfPatience(load, pool.minServers(), room, how.askPatienceMs(), how.askPauseMs(), nowMs);
        Bound bound = bound(pool, load, room, how, nowMs);
        int before = target;
        String grounds = move(pool, load, how, need, bound, nowMs);
        if (withdrawn && target < before) {
            grounds = "YARN gave no container for " + inWords(how.askPatienceMs()) + ": " + bound.why();
        }
        Why why = explain(pool, load, need, bound);
        return new ScalingDecision(target, need.servers(), why.limit(), why.reason(), target == before ? "" : grounds);
    }

    /**
     * YARN wants these containers back, or as many others: the pool shall have as many servers fewer for a while. YARN may
     * say so again and again.
     *
     * @return how many it had not asked for before
     */
    public int wishedBack(Set<String> containers, PoolSpec pool, long nowMs) {
        PoolScaling how = pool.scaling();
        return how == null || isFixed(pool) || target == UNSET
                ? 0
                : ceilings.wishedBack(containers, target, how.askPauseMs(), nowMs);
    }

    /** Whether the pool keeps its minimum, whatever happens. */
    public static boolean isFixed(PoolSpec pool) {
        return pool.scaling() == null || pool.minServers() >= pool.maxServers();
    }

    /** YARN has taken a container for another queue. */
    public void taken(String container, PoolSpec pool, long nowMs) {
        PoolScaling how = pool.scaling();
        if (how != null && target != UNSET) {
            ceilings.taken(container, target, how.askPauseMs(), nowMs);
        }
    }

    private ScalingDecision fixed(PoolSpec pool, PoolLoad load, @Nullable PoolScaling how, long nowMs) {
        target = pool.minServers();
        if (how == null) {
            return new ScalingDecision(target, target, Limit.NONE, "", "");
        }
        needs.add(target, nowMs);
        Need need = Need.of(load, pool, how);
        boolean enough = need.servers() <= target;
        return new ScalingDecision(
                target,
                need.servers(),
                enough ? Limit.NONE : Limit.FIXED,
                enough ? "" : inWords(need) + ": sparkconnect.servers.min and max are both " + target,
                "");
    }

    /**
     * @param servers most servers that the pool may have now; below its minimum only when YARN wants containers back
     * @param keeps whether servers that the pool has may stay beyond that
     */
    private record Bound(int servers, boolean keeps, Limit limit, String why) {}

    private Bound bound(PoolSpec pool, PoolLoad load, Room room, PoolScaling how, long nowMs) {
        Bound bound =
                new Bound(pool.maxServers(), false, Limit.MAXIMUM, "sparkconnect.servers.max is " + pool.maxServers());
        if (room.servers() >= load.holding()) {
            tooLargeSinceMs = UNSET;
        } else if (tooLargeSinceMs == UNSET) {
            tooLargeSinceMs = nowMs;
        }
        if (Math.max(room.servers(), pool.minServers()) < bound.servers()) {
            // Figures waver while a ResourceManager restarts; what we have is given back only when they have settled.
            boolean settled = tooLargeSinceMs != UNSET && nowMs - tooLargeSinceMs >= how.askPatienceMs();
            bound = new Bound(Math.max(room.servers(), pool.minServers()), !settled, room.limit(), room.inWords());
        }
        Ceilings.Ceiling ceiling = ceilings.now(nowMs);
        if (ceiling != null) {
            int least = nowMs < ceiling.belowMinimumUntilMs() ? 0 : pool.minServers();
            int servers = Math.max(ceiling.servers(), least);
            if (servers < bound.servers()) {
                bound = new Bound(servers, false, ceiling.limit(), ceiling.why());
            }
        }
        return bound;
    }

    private String move(PoolSpec pool, PoolLoad load, PoolScaling how, Need need, Bound bound, long nowMs) {
        target = Math.min(Math.max(target, Math.min(pool.minServers(), bound.servers())), pool.maxServers());
        int most = bound.keeps() ? Math.max(bound.servers(), Math.min(target, load.holding())) : bound.servers();
        if (target > most) {
            target = most;
            return bound.why();
        }
        int peak = needs.peak(how.idleMs(), nowMs);
        if (need.servers() > target) {
            int step = Math.max(pool.minServers(), load.up() + how.outStep());
            int next = Math.min(Math.min(need.servers(), bound.servers()), step);
            if (next > target && nowMs - lastOutMs >= how.outCooldownMs()) {
                target = next;
                lastOutMs = nowMs;
                return need.inWords();
            }
        } else if (load.known() && nowMs - lastInMs >= how.inCooldownMs()) {
            int next = Math.max(Math.max(peak, pool.minServers()), target - how.inStep());
            if (next < target) {
                target = next;
                lastInMs = nowMs;
                return "no more were needed for " + inWords(how.idleMs());
            }
        }
        return "";
    }

    /** Why the target is not what is needed. */
    private record Why(Limit limit, String reason) {}

    private Why explain(PoolSpec pool, PoolLoad load, Need need, Bound bound) {
        if (need.servers() > target) {
            return target >= bound.servers()
                    ? new Why(bound.limit(), inWords(need) + ": " + bound.why())
                    : new Why(Limit.STEP, inWords(need) + ": those on their way come first");
        }
        if (target < pool.minServers()) {
            return new Why(bound.limit(), bound.why());
        }
        if (Math.max(need.lasting(), pool.minServers()) < target) {
            return load.known()
                    ? new Why(Limit.IDLE, "fewer servers would do; the emptiest is given up when that has lasted")
                    : new Why(Limit.UNKNOWN, "fewer servers would do, but what the proxies have is not known");
        }
        return new Why(Limit.NONE, "");
    }

    private static String inWords(Need need) {
        return need.servers() == 1 ? "1 server is needed" : need.servers() + " servers are needed";
    }

    private static int clamp(int servers, PoolSpec pool) {
        return Math.max(pool.minServers(), Math.min(servers, pool.maxServers()));
    }

    private static String inWords(long ms) {
        if (ms < 1_000) {
            return ms + " ms";
        }
        return ms < 120_000 ? ms / 1_000 + " s" : ms / 60_000 + " min";
    }
}
