/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.registry.SessionKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Who has room for a new session. A server's sessions are the larger of what it says itself plus what this proxy has placed
 * since it can have said so, and what this proxy knows to be there. Confined to the core thread.
 */
final class Seats {
    /** How old a published load may be: the AM publishes at most every ten seconds what it polls every two. */
    private static final long LOAD_AGE_MS = 12_000;
    /** How old what the server said was when its load was published. */
    private static final long POLL_AGE_MS = 3_000;

    private final BindingCache bindings;
    private final Suspects suspects;
    private final Supplier<PlacementPolicy> newPolicy;
    private final ServerShare shares;
    private final RouterClock clock;

    /** One a pool: a policy that takes turns must not lose its place because of others. */
    private final Map<String, PlacementPolicy> policies = new HashMap<>();

    private final Map<String, Deque<Long>> recentPlacements = new HashMap<>();
    private final Map<String, Integer> reserved = new HashMap<>();

    Seats(
            BindingCache bindings,
            Suspects suspects,
            Supplier<PlacementPolicy> newPolicy,
            ServerShare shares,
            RouterClock clock) {
        this.bindings = bindings;
        this.suspects = suspects;
        this.newPolicy = newPolicy;
        this.shares = shares;
        this.clock = clock;
    }

    /** What keeps a new session from being placed. */
    enum Shortage {
        NO_SERVER,
        ALL_FULL
    }

    /** A seat in the pool for a new session, reserved until {@link #release}. */
    Optional<String> take(Fleet fleet, String pool, long nowMs) {
        List<PlacementPolicy.Candidate> candidates = new ArrayList<>();
        for (Fleet.Member member : welcoming(fleet, pool, nowMs)) {
            int sessions = sessions(member, nowMs);
            if (hasRoom(member, sessions)) {
                double share = shares.of(member.server(), nowMs - member.sinceMs(), clock.machine());
                candidates.add(new PlacementPolicy.Candidate(member.backend().serverId(), sessions, share));
            }
        }
        if (candidates.isEmpty()) {
            return Optional.empty();
        }
        String serverId = policies.computeIfAbsent(pool, name -> newPolicy.get())
                .choose(candidates)
                .serverId();
        reserve(serverId, nowMs);
        return Optional.of(serverId);
    }

    /** The seat that every proxy finds for this session without talking; overflows to the next when one is full. */
    Optional<String> takeByHash(SessionKey key, Fleet fleet, String pool, long nowMs) {
        Map<String, Fleet.Member> welcoming = new HashMap<>();
        welcoming(fleet, pool, nowMs)
                .forEach(member -> welcoming.put(member.backend().serverId(), member));
        Optional<String> first = Rendezvous.order(key, welcoming.keySet()).stream()
                .filter(id -> {
                    Fleet.Member member = requireNonNull(welcoming.get(id));
                    return hasRoom(member, sessions(member, nowMs));
                })
                .findFirst();
        first.ifPresent(id -> reserve(id, nowMs));
        return first;
    }

    Shortage shortage(Fleet fleet, String pool, long nowMs) {
        return welcoming(fleet, pool, nowMs).isEmpty() ? Shortage.NO_SERVER : Shortage.ALL_FULL;
    }

    /** The reservation has become a binding, or nothing came of it. */
    void release(String serverId) {
        reserved.computeIfPresent(serverId, (id, count) -> count == 1 ? null : count - 1);
    }

    /** Nothing came of a placement: it does not count among the recent ones either. */
    void undo(String serverId) {
        release(serverId);
        Deque<Long> recent = recentPlacements.get(serverId);
        if (recent != null) {
            recent.pollLast();
        }
    }

    /** Newly published loads contain all but the last placements. */
    void loadsPublished(Fleet before, Fleet after, long nowMs) {
        recentPlacements.keySet().retainAll(after.members().keySet());
        recentPlacements.forEach((id, recent) -> {
            Fleet.Member old = before.members().get(id);
            Fleet.Member now = after.members().get(id);
            if (old != null
                    && now != null
                    && !old.server().load().equals(now.server().load())) {
                forgetOlder(recent, nowMs - POLL_AGE_MS);
            }
        });
    }

    /** Who takes new sessions of the pool, with room or without. On any thread. */
    List<Fleet.Member> welcoming(Fleet fleet, String pool, long nowMs) {
        // Remembered servers help out only while the registry lists none at all.
        Fleet.Presence presence =
                fleet.lists(Fleet.Presence.LISTED) ? Fleet.Presence.LISTED : Fleet.Presence.REMEMBERED;
        return fleet.members().values().stream()
                .filter(m -> m.presence() == presence && m.takesNewSessions())
                .filter(m ->
                        pool.equals(Fleet.ANY_POOL) || pool.equals(m.server().pool()))
                .filter(m -> !suspects.isSuspect(m.backend().serverId(), nowMs))
                .toList();
    }

    private boolean hasRoom(Fleet.Member member, int sessions) {
        int limit = shares.sessionsLimit(member.server());
        return limit == 0 || sessions < limit;
    }

    private int sessions(Fleet.Member member, long nowMs) {
        String id = member.backend().serverId();
        Deque<Long> recent = recentPlacements.get(id);
        int recently = 0;
        if (recent != null) {
            forgetOlder(recent, nowMs - LOAD_AGE_MS);
            recently = recent.size();
        }
        int told = Math.max(0, member.server().load().sessions()) + recently;
        return Math.max(told, bindings.count(id) + reserved.getOrDefault(id, 0));
    }

    /** Takes a seat whether or not there is room: the session is there already. */
    void reserve(String serverId, long nowMs) {
        reserved.merge(serverId, 1, Integer::sum);
        recentPlacements.computeIfAbsent(serverId, id -> new ArrayDeque<>()).addLast(nowMs);
    }

    private static void forgetOlder(Deque<Long> times, long beforeMs) {
        while (!times.isEmpty() && times.getFirst() < beforeMs) {
            times.removeFirst();
        }
    }
}
