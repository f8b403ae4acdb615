/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the router knows, as rows for people. On any thread. */
final class ViewRows {
    private ViewRows() {}

    static List<RouterView.ServerRow> servers(RouterState state) {
        Fleet fleet = state.fleet;
        List<RouterView.ServerRow> rows = new ArrayList<>();
        for (Fleet.Member member : fleet.members().values()) {
            if (member.presence() != Fleet.Presence.VANISHED) {
                rows.add(row(state, fleet, member));
            }
        }
        return rows;
    }

    /** At most {@code limit}, in no order. */
    static List<RouterView.SessionRow> sessions(RouterState state, int limit) {
        return state.bindings.all().stream()
                .limit(limit)
                .map(binding -> new RouterView.SessionRow(
                        binding.key.userId(),
                        binding.key.sessionId(),
                        binding.serverId,
                        binding.pool,
                        state.clock.toMachine(binding.createdAtMs),
                        state.clock.toMachine(binding.lastUseMs),
                        binding.openStreams.get(),
                        binding.written))
                .toList();
    }

    static List<RouterView.PoolRow> pools(RouterState state) {
        Fleet fleet = state.fleet;
        Map<String, Integer> held = state.heldSessions;
        Map<String, Integer> sessions = new HashMap<>();
        state.bindings.countByServer().forEach((serverId, count) -> {
            Fleet.Member member = fleet.members().get(serverId);
            if (member != null) {
                sessions.merge(member.server().pool(), count, Integer::sum);
            }
        });
        Set<String> names = new TreeSet<>(fleet.pools());
        names.addAll(held.keySet());
        names.addAll(sessions.keySet());
        return names.stream()
                .map(pool -> new RouterView.PoolRow(
                        pool,
                        pool.equals(Fleet.ANY_POOL)
                                ? 0
                                : state.seats
                                        .welcoming(fleet, pool, state.now())
                                        .size(),
                        pool.equals(Fleet.ANY_POOL) ? 0 : fleet.starting(pool),
                        sessions.getOrDefault(pool, 0),
                        held.getOrDefault(pool, 0)))
                .toList();
    }

    private static RouterView.ServerRow row(RouterState state, Fleet fleet, Fleet.Member member) {
        String id = member.backend().serverId();
        long suspectUntil = state.suspects.untilMs(id);
        return new RouterView.ServerRow(
                member.backend(),
                member.server().pool(),
                member.server().sparkVersion(),
                member.server().node(),
                member.presence() == Fleet.Presence.REMEMBERED
                        ? "REMEMBERED"
                        : member.server().state().name(),
                fleet.connected(),
                member.server().load().sessions(),
                state.bindings.count(id),
                state.shares.sessionsLimit(member.server()),
                member.server().weightInRange(),
                suspectUntil > state.now() ? state.clock.toMachine(suspectUntil) : 0);
    }
}
