/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.ArrayList;
import java.util.List;

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
                        binding.createdAtMs,
                        binding.lastUseMs,
                        binding.openStreams.get(),
                        binding.written))
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
                suspectUntil > state.now() ? suspectUntil : 0);
    }
}
