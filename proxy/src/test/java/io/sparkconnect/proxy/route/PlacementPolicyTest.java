/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.route.PlacementPolicy.Candidate;
import io.sparkconnect.proxy.route.RouterSettings.Policy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlacementPolicyTest {
    @ParameterizedTest
    @EnumSource
    void givesEachServerWhatItsWeightSays(Policy policy) {
        Map<String, Double> shares = Map.of("a", 1.0, "b", 2.0, "c", 5.0);

        Map<String, Integer> chosen = choose(policy, shares, 80);

        assertThat(chosen.get("a")).isBetween(9, 11);
        assertThat(chosen.get("b")).isBetween(19, 21);
        assertThat(chosen.get("c")).isBetween(49, 51);
    }

    @ParameterizedTest
    @EnumSource
    void takesTheOnlyServerHoweverSmallItsShare(Policy policy) {
        assertThat(choose(policy, Map.of("a", 0.01), 30)).containsExactly(Map.entry("a", 30));
    }

    @ParameterizedTest
    @EnumSource
    void doesNotBeginEverywhereWithTheSameServer(Policy policy) {
        List<Candidate> equal = List.of(new Candidate("a", 3, 1), new Candidate("b", 3, 1), new Candidate("c", 3, 1));

        Random seeds = new Random(1);
        Set<String> first = new HashSet<>();
        for (int proxy = 0; proxy < 50; proxy++) {
            Random chance = new Random(seeds.nextLong());
            first.add(PlacementPolicy.of(policy, chance).choose(equal).serverId());
        }

        assertThat(first).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void evensOutWhatServersAlreadyHave() {
        PlacementPolicy policy = PlacementPolicy.of(Policy.LEAST_SESSIONS, new Random(1));

        assertThat(policy.choose(List.of(new Candidate("a", 5, 1), new Candidate("b", 4, 1), new Candidate("c", 9, 1)))
                        .serverId())
                .isEqualTo("b");
        assertThat(policy.choose(List.of(new Candidate("a", 5, 1), new Candidate("b", 9, 2)))
                        .serverId())
                .isEqualTo("b");
    }

    @Test
    void goesRoundWithoutRunsAndWhateverComesAndGoes() {
        PlacementPolicy policy = PlacementPolicy.of(Policy.ROUND_ROBIN, new Random(1));
        List<String> servers = new ArrayList<>(List.of("a", "b", "c", "d"));
        for (int round = 0; round < 5; round++) {
            assertThat(round(policy, servers)).containsExactlyInAnyOrderElementsOf(servers);
        }

        servers.remove("b");
        servers.add("e");
        round(policy, servers);

        assertThat(round(policy, servers)).containsExactlyInAnyOrderElementsOf(servers);
    }

    private static List<String> round(PlacementPolicy policy, List<String> servers) {
        List<Candidate> candidates =
                servers.stream().map(id -> new Candidate(id, 0, 1)).toList();
        return servers.stream()
                .map(turn -> policy.choose(candidates).serverId())
                .toList();
    }

    private static Map<String, Integer> choose(Policy policy, Map<String, Double> shares, int times) {
        PlacementPolicy chosen = PlacementPolicy.of(policy, new Random(5));
        Map<String, Integer> sessions = new HashMap<>();
        for (int i = 0; i < times; i++) {
            List<Candidate> candidates = shares.entrySet().stream()
                    .map(entry ->
                            new Candidate(entry.getKey(), sessions.getOrDefault(entry.getKey(), 0), entry.getValue()))
                    .toList();
            sessions.merge(chosen.choose(candidates).serverId(), 1, Integer::sum);
        }
        return sessions;
    }
}
