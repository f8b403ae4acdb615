/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ServerRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** ZooKeeper is there, but has lost or spoilt what was written (rule 7). */
class RegistryDamagedTest {
    @Test
    void keepsUsingServersThatAWipedRegistryHasForgotten() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        String server = rig.serverOf(session(1));

        rig.directory.loses("a", "b");
        rig.table.bindings.clear();
        rig.pass(Duration.ofHours(1));

        assertThat(rig.serverOf(session(1))).isEqualTo(server);
        assertThat(rig.serverOf(session(2))).isIn("a", "b");
        assertThat(rig.router.count(RouterEvent.REGISTRY_COLLAPSES)).isEqualTo(1);
        assertThat(rig.router.servers())
                .allSatisfy(row -> assertThat(row.state()).isEqualTo("REMEMBERED"));
    }

    @Test
    void givesARememberedServerUpWhenItDoesNotAnswerOrItsDeathIsCertified() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.table.put(session(1), "a", rig.clock.getAsLong());
        rig.table.put(session(2), "b", rig.clock.getAsLong());
        rig.directory.loses("a", "b");
        rig.settle();
        assertThat(rig.serverOf(session(1))).isEqualTo("a");
        assertThat(rig.serverOf(session(2))).isEqualTo("b");

        for (int i = 0; i < 3; i++) {
            rig.fails("a");
            rig.pass(Duration.ofSeconds(2));
        }
        rig.directory.certify("b", DeathCause.STOPPED_BY_OPERATOR, 0);
        rig.settle();
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.pass(Duration.ofSeconds(6));

        assertThat(stream.reason()).isEqualTo("session-changed");
        assertThat(rig.open(rpc("Config", session(2))).answer().message())
                .contains("it was stopped on the operator's wish");
    }

    @Test
    void takesRememberedServersBackWhenTheyAreListedAgain() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.directory.loses("a", "b");
        rig.settle();

        rig.directory.list("a");
        rig.settle();

        assertThat(rig.router.servers())
                .extracting(row -> row.backend().serverId() + " " + row.state())
                .containsExactlyInAnyOrder("a READY", "b REMEMBERED");
        for (int i = 0; i < 5; i++) {
            assertThat(rig.serverOf(session(i))).isEqualTo("a");
        }
    }

    @Test
    void keepsAServerThatTheRegistryHasLostAloneWhileItAnswers() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        rig.table.put(session(1), "a", rig.clock.getAsLong());
        assertThat(rig.serverOf(session(1))).isEqualTo("a");

        rig.directory.loses("a");
        rig.settle();
        for (int minute = 0; minute < 10; minute++) {
            rig.pass(Duration.ofMinutes(1));
            assertThat(rig.serverOf(session(1))).isEqualTo("a");
            assertThat(rig.serverOf(session(100 + minute))).isEqualTo("b");
        }

        assertThat(rig.router.count(RouterEvent.UNLISTED_SERVERS)).isEqualTo(1);
        assertThat(rig.router.alarm()).isEqualTo("the registry has lost 1 server(s) that are still in use: a");
        rig.directory.list("a");
        rig.settle();
        assertThat(rig.router.alarm()).isEmpty();
    }

    @Test
    void asksALostServerAgainThatWasBusyAtFirst() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.table.put(session(1), "a", rig.clock.getAsLong());
        rig.serverOf(session(1));
        rig.directory.loses("a");
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.pass(Duration.ofMillis(2500)); // the first question has found no answer

        rig.held.put("a", List.of());
        rig.pass(Duration.ofSeconds(1));

        assertThat(stream.server()).isEqualTo("a");
    }

    @Test
    void givesALostServerUpOnceItKeepsSilent() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        rig.table.put(session(1), "a", rig.clock.getAsLong());
        rig.serverOf(session(1));
        rig.directory.loses("a");
        rig.settle();

        rig.held.remove("a");
        for (int second = 0; second < 60; second++) {
            rig.pass(Duration.ofSeconds(1));
        }
        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.pass(Duration.ofSeconds(6));

        assertThat(stream.reason()).isEqualTo("session-changed");
        assertThat(rig.router.alarm()).isEmpty();
    }

    @Test
    void doesNotTakeTheNextServerOnTheSamePortForTheLostOne() {
        RouterRig rig = RouterRig.withServers("a");
        allHoldNothing(rig);
        rig.serverOf(session(1));
        ServerRecord next = FakeServerDirectory.server("next");
        rig.directory.servers().remove("a");
        rig.directory.list(FakeServerDirectory.at(next, "host-of-a", 15002));
        rig.settle();

        RouterRig.Stream stream = rig.open(rpc("Config", session(1)));
        rig.pass(Duration.ofSeconds(6));

        assertThat(stream.reason()).isEqualTo("session-changed");
    }

    @Test
    void namesRecordsThatCannotBeReadAndGoesOnWithWhatTheySaidBefore() {
        RouterRig rig = RouterRig.withServers("a", "b");
        String server = rig.serverOf(session(1));

        rig.directory.spoils(server);
        rig.directory.spoils("never read");
        rig.table.put(session(2), "never read", rig.clock.getAsLong());
        rig.settle();
        RouterRig.Stream onUnreadable = rig.open(rpc("Config", session(2)));
        rig.pass(Duration.ofSeconds(6));

        assertThat(rig.serverOf(session(1))).isEqualTo(server);
        assertThat(onUnreadable.answer().code()).isEqualTo(14);
        assertThat(onUnreadable.answer().message()).contains("record of Spark Connect server never read");
        assertThat(rig.router.alarm())
                .isEqualTo("the registry's record of 2 server(s) cannot be read: " + server + ", never read");
    }

    @Test
    void writesTheBindingsAgainThatAWipedRegistryHasLost() {
        RouterRig rig = RouterRig.withServers("a", "b");
        allHoldNothing(rig);
        for (int i = 0; i < 20; i++) {
            rig.held.compute(rig.serverOf(session(i)), RouterRig.holding(session(i)));
        }
        rig.directory.loses("a", "b");
        rig.table.bindings.clear();
        rig.settle();

        rig.directory.list("a", "b");
        for (int i = 0; i < 20; i++) {
            rig.pass(Duration.ofSeconds(1));
        }

        assertThat(rig.router.count(RouterEvent.BINDINGS_RESTORED)).isEqualTo(20);
        for (int i = 0; i < 20; i++) {
            assertThat(rig.table.serverOf(session(i))).isEqualTo(rig.serverOf(session(i)));
        }
    }

    @Test
    void writesABindingAgainThatWasRemovedUnderALivingSession() {
        RouterRig rig = RouterRig.withServers("a");
        rig.held.put("a", List.of(session(1)));
        rig.serverOf(session(1));
        rig.table.bindings.clear();

        rig.pass(Duration.ofMinutes(11)); // its stream is open: the use is noted
        rig.pass(Duration.ofSeconds(2));

        assertThat(rig.table.serverOf(session(1))).isEqualTo("a");
    }

    @Test
    void asksTheServersForASessionWhoseBindingCannotBeRead() {
        RouterRig rig = RouterRig.withServers("a", "b");
        rig.held.put("a", List.of());
        rig.held.put("b", List.of(session(1)));
        rig.table.spoilt.add(session(1));
        rig.table.spoilt.add(session(2));

        assertThat(rig.open(rpc("Config", session(1))).server()).isEqualTo("b");
        assertThat(rig.open(rpc("Config", session(2))).reason()).isEqualTo("session-changed");
        assertThat(rig.router.count(RouterEvent.UNREADABLE_BINDINGS)).isEqualTo(2);
        assertThat(rig.table.serverOf(session(1))).isEqualTo("b");
    }

    private static void allHoldNothing(RouterRig rig) {
        rig.router.servers().forEach(row -> rig.held.put(row.backend().serverId(), List.of()));
    }
}
