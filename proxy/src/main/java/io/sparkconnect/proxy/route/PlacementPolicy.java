/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.List;

/** Chooses the server of a new session. Used by the core thread only. */
sealed interface PlacementPolicy {
    /**
     * A server with room.
     *
     * @param serverId the server
     * @param sessions sessions that it has, as far as anybody knows
     */
    record Candidate(String serverId, int sessions) {}

    /** @param candidates not empty, ordered by server id */
    Candidate choose(List<Candidate> candidates);

    static PlacementPolicy of(RouterSettings.Policy policy) {
        return switch (policy) {
            case LEAST_SESSIONS -> new LeastSessions();
            case ROUND_ROBIN -> new RoundRobin();
        };
    }

    /** The server with the fewest sessions; equal ones in turn, so that several proxies do not all begin with the first. */
    final class LeastSessions implements PlacementPolicy {
        private int turn;

        @Override
        public Candidate choose(List<Candidate> candidates) {
            int least = candidates.stream().mapToInt(Candidate::sessions).min().orElseThrow();
            List<Candidate> ties =
                    candidates.stream().filter(c -> c.sessions() == least).toList();
            return ties.get(Math.floorMod(turn++, ties.size()));
        }
    }

    /** Each server in turn, by id, whatever came and went in between. */
    final class RoundRobin implements PlacementPolicy {
        private String last = "";

        @Override
        public Candidate choose(List<Candidate> candidates) {
            Candidate next = candidates.stream()
                    .filter(c -> c.serverId().compareTo(last) > 0)
                    .findFirst()
                    .orElse(candidates.get(0));
            last = next.serverId();
            return next;
        }
    }
}
