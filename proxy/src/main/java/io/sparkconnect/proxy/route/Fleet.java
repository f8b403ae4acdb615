/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.PoolRouting;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServerState;
import io.sparkconnect.registry.ServicePools;
import io.sparkconnect.registry.settings.PoolSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The servers as routing judges them: what the registry lists, and what it has lost without a word. Immutable; a new one is
 * derived from the old one and each new snapshot.
 *
 * @param members by server id
 * @param deaths death certificates by server id
 * @param connected whether the registry answered last time
 * @param startingServers servers on their way by pool, as the AM says
 * @param statusMessage why the service is not ready, as the AM says; or empty
 * @param unreadable servers whose record is there but cannot be read
 * @param pools names of the pools that a new session may have; empty when nothing is known of pools
 * @param routing which pool a session has whose client asks for none; null when any will do
 */
record Fleet(
        Map<String, Member> members,
        Map<String, DeathCertificate> deaths,
        boolean connected,
        Map<String, Integer> startingServers,
        String statusMessage,
        Set<String> unreadable,
        Set<String> pools,
        @Nullable PoolRouting routing) {
    static final Fleet EMPTY = new Fleet(Map.of(), Map.of(), false, Map.of(), "", Set.of(), Set.of(), null);

    /** In place of a pool's name: any will do. */
    static final String ANY_POOL = "";

    /** How long the last record of a server that left is kept for those who ask. */
    private static final long FORGET_AFTER_MS = 600_000;

    /** Whether and how the registry knows a server. */
    enum Presence {
        LISTED,
        /**
         * It vanished without a certificate, which no working ApplicationMaster does, and either answers or vanished together
         * with all others: the registry was damaged, and the server lives until it fails to answer.
         */
        REMEMBERED,
        /** It left the listing while others stayed. Gone, unless it answers, or its certificate or its record is merely late. */
        VANISHED
    }

    /** A server; {@code sinceMs} is when it came into this presence. */
    record Member(ServerRecord server, Backend backend, Presence presence, long sinceMs) {
        private static Member listed(ServerRecord server, long nowMs) {
            Backend backend = new Backend(server.serverId(), server.instanceId(), server.host(), server.port());
            return new Member(server, backend, Presence.LISTED, nowMs);
        }

        private Member as(Presence other, long nowMs) {
            return presence == other ? this : new Member(server, backend, other, nowMs);
        }

        boolean takesNewSessions() {
            return presence != Presence.VANISHED && server.state() == ServerState.READY && server.weightInRange() > 0;
        }
    }

    Fleet {
        members = Map.copyOf(members);
    }

    /** Whether a client may ask for the pool; while nothing is known of pools, for any that could be one. */
    boolean mayHave(String pool) {
        return pools.contains(pool) || (pools.isEmpty() && pool.matches(PoolSettings.NAME));
    }

    /** The pool of a user's new session whose client asks for none. */
    String poolOf(String userId) {
        return routing == null ? ANY_POOL : routing.poolOf(userId);
    }

    /** Servers of the pool on their way. */
    int starting(String pool) {
        return pool.equals(ANY_POOL)
                ? startingServers.values().stream().mapToInt(Integer::intValue).sum()
                : startingServers.getOrDefault(pool, 0);
    }

    @Nullable
    Member reachable(String serverId) {
        Member member = members.get(serverId);
        return member == null || member.presence() == Presence.VANISHED ? null : member;
    }

    boolean hasReachable() {
        return members.values().stream().anyMatch(member -> member.presence() != Presence.VANISHED);
    }

    boolean lists(Presence presence) {
        return members.values().stream().anyMatch(member -> member.presence() == presence);
    }

    /** The next fleet, once this snapshot is known. */
    Fleet next(ServerSnapshot snapshot, long nowMs) {
        Map<String, Member> next = new HashMap<>();
        snapshot.servers().forEach((id, server) -> next.put(id, listed(id, server, nowMs)));
        boolean collapsed = snapshot.connected() && snapshot.servers().isEmpty() && lists(Presence.LISTED);
        members.forEach((id, member) -> {
            if (next.containsKey(id) || snapshot.deaths().containsKey(id)) {
                return;
            }
            if (!snapshot.connected() || member.presence() == Presence.REMEMBERED) {
                next.put(id, member);
            } else if (collapsed && member.presence() == Presence.LISTED) {
                next.put(id, member.as(Presence.REMEMBERED, nowMs));
            } else {
                Member vanished = member.as(Presence.VANISHED, nowMs);
                if (nowMs - vanished.sinceMs() < FORGET_AFTER_MS) {
                    next.put(id, vanished);
                }
            }
        });
        Map<String, Integer> starting = new HashMap<>();
        if (snapshot.status() != null) {
            snapshot.status().pools().forEach((pool, status) -> starting.put(pool, status.starting()));
        }
        ServicePools known = snapshot.pools();
        // Whoever publishes servers without a spec has the pools that the servers name.
        Set<String> pools = known != null
                ? known.names()
                : snapshot.servers().values().stream().map(ServerRecord::pool).collect(Collectors.toUnmodifiableSet());
        String message = snapshot.status() == null ? "" : snapshot.status().message();
        return new Fleet(
                next,
                snapshot.deaths(),
                snapshot.connected(),
                starting,
                message == null ? "" : message,
                snapshot.unreadable(),
                pools,
                known == null ? null : known.routing());
    }

    /** Those in this presence. */
    List<Member> all(Presence presence) {
        return members.values().stream()
                .filter(member -> member.presence() == presence)
                .toList();
    }

    /** With a server that vanished without a word, but answers. */
    Fleet vouchedFor(String serverId, long nowMs) {
        return moved(serverId, Presence.VANISHED, Presence.REMEMBERED, nowMs);
    }

    /** Without a server that was only remembered and does not answer. */
    Fleet refuted(String serverId, long nowMs) {
        return moved(serverId, Presence.REMEMBERED, Presence.VANISHED, nowMs);
    }

    private Fleet moved(String serverId, Presence from, Presence to, long nowMs) {
        Member member = members.get(serverId);
        if (member == null || member.presence() != from) {
            return this;
        }
        Map<String, Member> next = new HashMap<>(members);
        next.put(serverId, member.as(to, nowMs));
        return new Fleet(next, deaths, connected, startingServers, statusMessage, unreadable, pools, routing);
    }

    private Member listed(String id, ServerRecord server, long nowMs) {
        Member known = members.get(id);
        if (known != null && known.presence() == Presence.LISTED) {
            return known.server().equals(server)
                    ? known
                    : new Member(server, Member.listed(server, nowMs).backend(), Presence.LISTED, known.sinceMs());
        }
        return Member.listed(server, nowMs);
    }
}
