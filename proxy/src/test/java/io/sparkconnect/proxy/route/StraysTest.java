/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.ServerState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Spark 3.5 makes a session of each question for one that it does not have. */
class StraysTest {
    private final RouterRig rig = RouterRig.withSettings(
            RouterSettings.builder().recall(Duration.ofHours(2)).build());

    StraysTest() {
        rig.ofSpark35.add("old");
    }

    @Test
    void asksAServerForNoMoreSessionsThanItKeeps() {
        list("old", "3.5.7", ServerState.DRAINING);
        list("new", "4.3.0", ServerState.READY);

        for (int i = 0; i < 59; i++) {
            rig.open(rpc("Config", session(i)));
        }
        assertThat(rig.held.get("old")).hasSize(59);
        rig.pass(Duration.ofMinutes(30));
        rig.open(rpc("Config", session(59)));
        rig.open(rpc("Config", session(60)));

        assertThat(rig.held.get("old")).hasSize(60);
        assertThat(rig.router.count(RouterEvent.SERVERS_SPARED)).isEqualTo(1);
        assertThat(rig.probes).as("of which Spark 4 was asked each time").isEqualTo(60 + 61);

        rig.pass(Duration.ofMinutes(32));
        rig.open(rpc("Config", session(61)));
        assertThat(rig.held.get("old"))
                .as("it has forgotten by itself what nobody has used for an hour")
                .hasSize(61);
    }

    @Test
    void countsTheSessionsOfItsUsersToo() {
        list("old", "3.5.7", ServerState.READY);

        for (int i = 0; i < 60; i++) {
            assertThat(rig.serverOf(session(i))).isEqualTo("old");
        }
        rig.open(rpc("Config", session(60)));

        assertThat(rig.held.get("old")).hasSize(60);
    }

    @Test
    void takesNoSessionForFoundThatAnEarlierQuestionHasMade() {
        list("old", "3.5.7", ServerState.DRAINING);
        RouterRig.Stream first = rig.open(rpc("Config", session(1)));
        first.cancel();
        rig.settle();
        assertThat(rig.held.get("old")).containsExactly(session(1));

        list("new", "4.3.0", ServerState.READY);

        assertThat(rig.serverOf(session(1))).isEqualTo("new");
        assertThat(rig.router.count(RouterEvent.LOCATED)).isZero();
    }

    @Test
    void findsASessionThatIsThere() {
        list("old", "3.5.7", ServerState.READY);
        list("new", "4.3.0", ServerState.READY);
        rig.held.put("old", List.of(session(1)));

        assertThat(rig.serverOf(session(1))).isEqualTo("old");
        assertThat(rig.router.count(RouterEvent.LOCATED)).isEqualTo(1);
    }

    @Test
    void asksWhoseVersionIsUnknownAsIfItWereOfSpark4() {
        list("old", "", ServerState.DRAINING);
        list("new", "4.3.0", ServerState.READY);

        for (int i = 0; i < 70; i++) {
            rig.open(rpc("Config", session(i)));
        }

        assertThat(rig.held.get("old")).hasSize(70);
    }

    @Test
    void asksWhetherAServerLivesWithoutMakingASession() {
        list("old", "3.5.7", ServerState.READY);
        list("new", "4.3.0", ServerState.READY);

        rig.directory.loses("old");
        rig.settle();

        assertThat(rig.router.count(RouterEvent.UNLISTED_SERVERS)).isEqualTo(1);
        assertThat(rig.ender.calls).containsOnly("old ReleaseSession");
        assertThat(rig.held.get("old")).isEmpty();
    }

    private void list(String id, String version, ServerState state) {
        rig.held.putIfAbsent(id, List.of());
        rig.directory.list(FakeServerDirectory.ofSpark(
                FakeServerDirectory.with(FakeServerDirectory.server(id), state, 0, 1000), version));
        rig.settle();
    }
}
