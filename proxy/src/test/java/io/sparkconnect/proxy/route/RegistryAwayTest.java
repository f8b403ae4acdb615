/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.seen;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** ZooKeeper away, or slow (rule 7). */
class RegistryAwayTest {
    @Test
    void looksForTheBindingsOfThoseWhoCameBeforeTheRegistryAnswered() {
        RouterRig rig = RouterRig.withServers();
        rig.directory.connected(false);
        rig.settle();
        RouterRig.Stream reattach = rig.open(rpc("ReattachExecute", session(1)));
        RouterRig.Stream query = rig.open(rpc("ExecutePlan", session(2)));
        assertThat(reattach.isDecided()).isFalse();

        rig.directory.connected(true);
        rig.settle();

        assertThat(reattach.answer().message()).contains("OPERATION_NOT_FOUND");
        assertThat(query.isDecided()).isFalse();
        rig.directory.list("a");
        rig.settle();
        assertThat(query.server()).isEqualTo("a");
    }

    @Test
    void goesOnWithKnownSessionsWithoutLimitOfTime() {
        RouterRig rig = RouterRig.withServers("a", "b");
        String server = rig.serverOf(session(1));
        goesAway(rig);

        for (int hour = 0; hour < 48; hour++) {
            rig.pass(Duration.ofHours(1));
            assertThat(rig.serverOf(session(1))).isEqualTo(server);
        }
    }

    @Test
    void placesNewSessionsAlikeAtAllProxiesWithoutTalking() {
        RouterRig one = RouterRig.withServers("a", "b", "c");
        allHoldNothing(one);
        RouterRig other = one.anotherProxy();
        goesAway(one);
        other.settle();

        Set<String> used = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            String server = one.serverOf(session(i));
            assertThat(other.serverOf(session(i))).isEqualTo(server);
            used.add(server);
        }
        assertThat(used).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void writesTheBindingsDownWhenZooKeeperIsBack() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        goesAway(rig);
        for (int i = 0; i < 100; i++) {
            rig.serverOf(session(i));
        }
        assertThat(rig.router.unwritten()).isEqualTo(100);

        comesBack(rig);
        for (int i = 0; i < 10; i++) {
            rig.pass(Duration.ofSeconds(1));
        }

        assertThat(rig.router.unwritten()).isZero();
        for (int i = 0; i < 100; i++) {
            assertThat(rig.table.serverOf(session(i))).isEqualTo(rig.serverOf(session(i)));
        }
    }

    @Test
    void keepsABindingWhoseWritingFailedAndWritesItLater() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.table.slow(true);
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.table.answerAll();
        rig.settle();
        rig.table.away(true);
        rig.table.answerAll();
        rig.settle();

        String server = stream.server();
        rig.table.away(false);
        rig.table.slow(false);
        rig.pass(Duration.ofSeconds(2));

        assertThat(rig.table.serverOf(session(1))).isEqualTo(server);
        assertThat(rig.router.unwritten()).isZero();
    }

    @Test
    void obeysTheBindingThatAnotherProxyMadeMeanwhile() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        goesAway(rig);
        String ours = rig.serverOf(session(1));
        String theirs = ours.equals("a") ? "b" : "a";
        rig.table.put(session(1), theirs, rig.clock.getAsLong());

        comesBack(rig);
        rig.pass(Duration.ofSeconds(2));

        assertThat(rig.serverOf(session(1))).isEqualTo(theirs);
        assertThat(rig.router.count(RouterEvent.BINDING_CONFLICTS)).isEqualTo(1);
    }

    @Test
    void asksTheServersForASessionThatItDoesNotKnow() {
        RouterRig rig = RouterRig.withServers("a", "b", "c");
        allHoldNothing(rig);
        rig.held.put("c", List.of(session(1), session(2), session(3)));
        goesAway(rig);

        for (int i = 1; i <= 3; i++) {
            assertThat(rig.open(rpc("ReattachExecute", session(i))).server()).isEqualTo("c");
        }
    }

    @Test
    void neitherMovesNorEndsASessionThatMayBeSomewhere() {
        RouterRig rig = RouterRig.withServers("a", "hung");
        rig.held.put("a", List.of());
        goesAway(rig);
        RouterRig.Stream reattach = rig.open(rpc("ReattachExecute", session(1)));
        RouterRig.Stream seen = rig.open(seen("ExecutePlan", session(2)));

        rig.pass(Duration.ofSeconds(3));

        assertThat(reattach.answer().code()).isEqualTo(14);
        assertThat(seen.answer().code()).isEqualTo(14);
        assertThat(rig.open(rpc("ExecutePlan", session(3))).isDecided()).isFalse();
    }

    @Test
    void takesASlowRegistryForAnAbsentOneButObeysItsLateAnswer() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        rig.table.slow(true);
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.table.answerAll(); // not found
        rig.settle();
        rig.pass(Duration.ofSeconds(11)); // the binding is not answered
        String ours = stream.server();
        String theirs = ours.equals("a") ? "b" : "a";
        rig.table.put(session(1), theirs, rig.clock.getAsLong());

        rig.table.answerAll();
        rig.settle();

        assertThat(rig.serverOf(session(1))).isEqualTo(theirs);
    }

    @Test
    void releasesLaterWhatEndsWhileZooKeeperIsAway() {
        RouterRig rig = RouterRig.withServers("a");
        rig.serverOf(session(1));
        goesAway(rig);
        rig.ends(rpc("ReleaseSession", session(1)), "a", new StreamOutcome.Answered(0));
        assertThat(rig.table.bindings).containsKey(session(1));

        comesBack(rig);
        rig.pass(Duration.ofSeconds(2));

        assertThat(rig.table.bindings).isEmpty();
    }

    @Test
    void boundsWhatItKeepsInMemory() {
        RouterRig rig =
                RouterRig.withSettings(RouterSettings.builder().maxUnwritten(5).build(), "a");
        allHoldNothing(rig);
        goesAway(rig);
        for (int i = 0; i < 5; i++) {
            rig.serverOf(session(i));
        }

        assertThat(rig.open(rpc("Config", session(6))).reason()).isEqualTo("registry-away");
        assertThat(rig.serverOf(session(0))).isEqualTo("a");
    }

    @Test
    void forgetsASessionThatWasReleasedByWayOfAnotherProxy() {
        RouterRig one = RouterRig.withServers("a");
        one.held.put("a", List.of());
        RouterRig other = one.anotherProxy();
        one.serverOf(session(1));
        other.serverOf(session(1));

        other.ends(rpc("ReleaseSession", session(1)), "a", new StreamOutcome.Answered(0));
        one.pass(Duration.ofMinutes(11));
        one.pass(Duration.ofSeconds(2));

        assertThat(one.router.sessionCount()).isZero();
        assertThat(one.table.bindings).isEmpty();
    }

    @Test
    void holdsStreamsThatComeBeforeTheRegistryHasBeenRead() {
        RouterRig rig = RouterRig.withServers();
        rig.directory.connected(false);
        rig.settle();
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        assertThat(stream.isDecided()).isFalse();

        rig.directory.connected(true);
        rig.directory.list("a");
        rig.settle();

        assertThat(stream.server()).isEqualTo("a");
    }

    private static void allHoldNothing(RouterRig rig) {
        rig.router.servers().forEach(row -> rig.held.put(row.backend().serverId(), List.of()));
    }

    private static void goesAway(RouterRig rig) {
        rig.table.away(true);
        rig.directory.connected(false);
        rig.settle();
    }

    private static void comesBack(RouterRig rig) {
        rig.table.away(false);
        rig.directory.connected(true);
        rig.settle();
    }
}
