/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Chooses the server of a new session in one pass over the candidates. Chance breaks ties and sets where a round begins, so
 * that proxies that know the same do not all choose the same. Confined to the core thread.
 */
sealed interface PlacementPolicy {
    /**
     * A server with room.
     *
     * @param serverId the server
     * @param sessions sessions that it has, as far as anybody knows
     * @param share its part of new sessions in proportion to the others' shares: weight, less while it is fresh; above 0
     */
    record Candidate(String serverId, int sessions, double share) {}

    /** @param candidates not empty, in any order, each server once */
    Candidate choose(List<Candidate> candidates);

    static PlacementPolicy of(RouterSettings.Policy policy, RandomGenerator random) {
        return switch (policy) {
            case LEAST_SESSIONS -> new LeastSessions(random);
            case ROUND_ROBIN -> new RoundRobin(random);
        };
    }

    /** The server that has the fewest sessions for its share once it has got this one too. */
    final class LeastSessions implements PlacementPolicy {
        private final RandomGenerator random;

        private LeastSessions(RandomGenerator random) {
            this.random = random;
        }

        @Override
        public Candidate choose(List<Candidate> candidates) {
            Candidate best = candidates.get(0);
            double least = Double.POSITIVE_INFINITY;
            int ties = 0;
            for (Candidate candidate : candidates) {
                double load = (candidate.sessions() + 1) / candidate.share();
                if (load < least) {
                    best = candidate;
                    least = load;
                    ties = 1;
                } else if (load == least && random.nextInt(++ties) == 0) {
                    best = candidate;
                }
            }
            return best;
        }
    }

    /**
     * Each server as often as its share says, evenly mixed: smooth weighted round robin, as nginx has it. Every choice gives
     * each candidate its share as credit and takes the sum of all from the chosen one.
     */
    final class RoundRobin implements PlacementPolicy {
        private final RandomGenerator random;
        private final Map<String, Double> credits = new HashMap<>();

        private RoundRobin(RandomGenerator random) {
            this.random = random;
        }

        @Override
        public Candidate choose(List<Candidate> candidates) {
            Candidate best = candidates.get(0);
            double most = Double.NEGATIVE_INFINITY;
            double sum = 0;
            for (Candidate candidate : candidates) {
                Double had = credits.get(candidate.serverId());
                double credit =
                        candidate.share() * (had == null ? random.nextDouble(1, 2) : 1) + (had == null ? 0 : had);
                credits.put(candidate.serverId(), credit);
                sum += candidate.share();
                if (credit > most) {
                    best = candidate;
                    most = credit;
                }
            }
            credits.put(best.serverId(), most - sum);
            forgetAllBut(candidates);
            return best;
        }

        private void forgetAllBut(List<Candidate> candidates) {
            // A full server comes back, a gone one does not: neither is looked for until there are many too many.
            if (credits.size() > 2 * candidates.size() + 16) {
                Set<String> present = new HashSet<>();
                candidates.forEach(candidate -> present.add(candidate.serverId()));
                credits.keySet().retainAll(present);
            }
        }
    }
}
