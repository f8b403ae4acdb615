/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.FakeServerDirectory.server;
import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerState;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets how many of the new sessions: weights, slow start, limits, and what that costs. */
class BalanceTest {
    private int sessions = 100_000;

    @Test
    void givesServersSessionsInProportionToTheirWeights() {
        RouterRig rig = RouterRig.withServers("plain");
        rig.directory.list(weighing(server("big"), 3));
        rig.directory.list(weighing(server("closed"), 0));
        rig.settle();
        rig.pass(Duration.ofMinutes(1));

        assertThat(placed(rig, 40)).containsExactlyInAnyOrderEntriesOf(Map.of("plain", 10, "big", 30));
        assertThat(rig.router.servers())
                .extracting(row -> row.backend().serverId() + "*" + row.weight())
                .containsExactlyInAnyOrder("plain*1", "big*3", "closed*0");
    }

    @Test
    void keepsTheSessionsOfAServerWhoseWeightBecomesNothing() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));

        rig.directory.list(weighing(server("a"), 0));
        rig.directory.list("b");

        assertThat(rig.serverOf(session(1))).isEqualTo("a");
        assertThat(placed(rig, 5)).containsOnlyKeys("b");
    }

    @Test
    void letsTheShareOfAFreshServerGrow() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.pass(Duration.ofMinutes(1));
        placed(rig, 40); // 20 each
        rig.directory.list("fresh");

        // A tenth of a share at first: two beside the twenty-one of the others.
        assertThat(placed(rig, 4)).containsEntry("fresh", 2);
        rig.pass(Duration.ofSeconds(15)); // half of the slow start
        Map<String, Integer> halfway = placed(rig, 30);
        rig.pass(Duration.ofSeconds(15));
        Map<String, Integer> grown = placed(rig, 35);

        // Half as many on the fresh one as on each of the others, of 74 in all; then the same on all, of 109.
        assertThat(2 + halfway.getOrDefault("fresh", 0)).isBetween(14, 15);
        assertThat(2 + halfway.getOrDefault("fresh", 0) + grown.getOrDefault("fresh", 0))
                .isBetween(36, 37);
    }

    @Test
    void takesTheAgeOfAServerFromItsRecordSoThatAllProxiesAgree() {
        RouterRig rig = RouterRig.withServers();
        long now = rig.clock.getAsLong();
        rig.directory.list(readyAt(server("old"), now - 100_000));
        rig.directory.list(readyAt(server("fresh"), now - 3_000));
        rig.directory.list(readyAt(server("from the future"), now + 100_000));

        assertThat(placed(rig, 22).get("old")).isBetween(18, 20);
    }

    @Test
    void usesEachOfTheServersThatAServiceStartsWithThoughOneCameFirst() {
        RouterRig rig = RouterRig.withServers();
        long now = rig.clock.getAsLong();
        rig.directory.list(readyAt(server("first"), now - 10_000));
        rig.directory.list(readyAt(server("second"), now));

        assertThat(placed(rig, 6)).containsOnlyKeys("first", "second");
    }

    @Test
    void sendsAllToALoneServerHoweverFresh() {
        RouterRig rig = RouterRig.withServers();
        List<RouterRig.Stream> held = IntStream.range(0, 20)
                .mapToObj(i -> rig.open(rpc("Config", session(sessions++))))
                .toList();

        rig.directory.list("fresh");
        rig.settle();

        assertThat(held).extracting(RouterRig.Stream::server).containsOnly("fresh");
    }

    @Test
    void sendsTheOverflowOfFullServersToAFreshOne() {
        RouterRig rig = RouterRig.withServers("a"); // 60 sessions at most
        rig.pass(Duration.ofMinutes(1));
        placed(rig, 58);
        rig.directory.list("fresh");

        assertThat(placed(rig, 10)).containsEntry("fresh", 8);
    }

    @Test
    void twoProxiesDoNotOverrunAFreshServerTogether() {
        RouterRig one = RouterRig.withServers("a", "b", "c");
        one.pass(Duration.ofMinutes(1));
        placed(one, 90); // 30 each
        one.pass(Duration.ofMinutes(1));
        for (String id : List.of("a", "b", "c")) {
            ServerRecord loaded = FakeServerDirectory.with(server(id), ServerState.READY, 30, 60);
            one.directory.list(readyAt(loaded, one.clock.getAsLong() - 60_000));
        }
        RouterRig other = one.anotherProxy();
        one.directory.list(readyAt(server("fresh"), one.clock.getAsLong()));
        one.pass(Duration.ofSeconds(3)); // a tenth of the slow start
        other.settle();

        Map<String, Integer> all = new HashMap<>(placed(one, 15));
        placed(other, 15).forEach((id, count) -> all.merge(id, count, Integer::sum));

        // Least sessions alone would send all thirty there.
        assertThat(all.getOrDefault("fresh", 0)).isLessThanOrEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({
        "3.5.9, 1000, 60",
        "3.4.4, 1000, 60",
        "3.5.9, 40, 40",
        "3.5.9, 0, 60",
        "4.0.5, 1000, 1000",
        ", 1000, 1000"
    })
    void neverPlacesMoreOnSpark3ThanItCanKeep(@Nullable String version, int limitOfThePool, int limit) {
        ServerShare shares = ServerShare.of(RouterSettings.defaults());

        assertThat(shares.sessionsLimit(ofSpark(version, limitOfThePool))).isEqualTo(limit);
    }

    @Test
    void obeysAnOperatorWhoAllowsMoreOnSpark3() {
        RouterRig rig = RouterRig.withSettings(
                RouterSettings.builder().spark3Sessions(70).build());
        rig.directory.list(ofSpark("3.5.9", 1000));

        List<RouterRig.Stream> streams = IntStream.range(0, 71)
                .mapToObj(i -> rig.open(rpc("Config", session(i))))
                .toList();
        rig.pass(Duration.ofSeconds(6));

        assertThat(streams.subList(0, 70)).extracting(RouterRig.Stream::server).containsOnly("spark");
        assertThat(streams.get(70).answer().message()).contains("1 ready, 70 sessions in all");
        assertThat(rig.router.servers())
                .singleElement()
                .satisfies(row -> assertThat(row.sessionsLimit()).isEqualTo(70));
    }

    @Test
    void asksTheRegistryTwiceForEachNewSessionOfAThousandServersAndNeverForAKnownOne() {
        RouterRig rig = RouterRig.withServers();
        for (int i = 0; i < 1000; i++) {
            rig.directory.servers().put("s" + i, server("s" + i));
        }
        rig.directory.publish();
        rig.settle();
        rig.table.calls.clear();

        Map<String, Integer> placed = placed(rig, 10_000);
        int callsForNew = rig.table.calls.size();
        for (int i = 0; i < 10_000; i++) {
            assertThat(rig.begin(rpc("Config", session(100_000 + i))).isDecided())
                    .isTrue(); // without the core thread
        }

        assertThat(callsForNew).isEqualTo(20_000); // a look and a binding each
        assertThat(rig.table.calls).hasSize(20_000);
        assertThat(placed)
                .hasSize(1000)
                .allSatisfy((id, count) -> assertThat(count).isEqualTo(10));
    }

    @Test
    void servesAsManyOfALongQueueAsThereAreSeats() {
        RouterRig rig = RouterRig.withSettings(
                RouterSettings.builder().holdWhenFull(Duration.ofMinutes(1)).build());
        List<RouterRig.Stream> held = IntStream.range(0, 5000)
                .mapToObj(i -> rig.open(rpc("Config", session(i))))
                .toList();
        rig.directory.list(FakeServerDirectory.with(server("a"), ServerState.READY, -1, 100));
        rig.settle();

        for (int i = 0; i < 100; i++) {
            rig.ends(rpc("ReleaseSession", session(i)), "a", new StreamOutcome.Answered(0));
        }
        rig.pass(Duration.ofSeconds(13)); // the placements count no longer beside the bindings

        assertThat(held.subList(0, 200)).allMatch(RouterRig.Stream::isDecided);
        assertThat(held.subList(200, 5000)).noneMatch(RouterRig.Stream::isDecided);
    }

    private Map<String, Integer> placed(RouterRig rig, int count) {
        Map<String, Integer> perServer = new HashMap<>();
        for (int i = 0; i < count; i++) {
            perServer.merge(rig.serverOf(session(sessions++)), 1, Integer::sum);
        }
        return perServer;
    }

    private static ServerRecord weighing(ServerRecord server, int weight) {
        return changed(server, server.sparkVersion(), server.sessionsLimit(), server.readyAtMs(), weight);
    }

    private static ServerRecord readyAt(ServerRecord server, long readyAtMs) {
        return changed(server, server.sparkVersion(), server.sessionsLimit(), readyAtMs, 1);
    }

    private static ServerRecord ofSpark(@Nullable String version, int limit) {
        return changed(server("spark"), version, limit, 0, 1);
    }

    private static ServerRecord changed(
            ServerRecord server, @Nullable String version, int limit, long readyAtMs, int weight) {
        return new ServerRecord(
                server.serverId(),
                server.instanceId(),
                server.host(),
                server.port(),
                server.pool(),
                version,
                server.state(),
                server.load(),
                limit,
                server.slot(),
                server.node(),
                server.logUrl(),
                server.childApplicationId(),
                readyAtMs,
                weight);
    }
}
