/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RouterRig.rpc;
import static io.sparkconnect.proxy.route.RouterRig.session;
import static io.sparkconnect.proxy.route.RouterRig.surelyNew;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where bindings last as long as the process, the servers remember what the process before has placed. */
class RecallTest {
    private static final RouterSettings TWO_HOURS =
            RouterSettings.builder().recall(Duration.ofHours(2)).build();

    private final RouterRig rig = RouterRig.withSettings(TWO_HOURS, "a", "b");

    RecallTest() {
        rig.held.put("a", List.of());
        rig.held.put("b", List.of(session(1)));
    }

    @Test
    void findsASessionOfTheProcessBeforeAndAsksOnce() {
        assertThat(rig.open(rpc("ReattachExecute", session(1))).server()).isEqualTo("b");
        assertThat(rig.open(rpc("Config", session(1))).server()).isEqualTo("b");
        assertThat(rig.probes).isEqualTo(2);
        assertThat(rig.router.count(RouterEvent.LOCATED)).isEqualTo(1);
    }

    @Test
    void placesASessionThatNoServerHolds() {
        rig.open(rpc("Config", session(2)));
        rig.open(rpc("Config", session(3)));

        assertThat(rig.router.sessionsByServer()).containsEntry("a", 1).containsEntry("b", 1);
        assertThat(rig.router.count(RouterEvent.PLACED)).isEqualTo(2);
    }

    @Test
    void asksNobodyForASessionWhoseClientWouldSayThatItHasSeenAServer() {
        rig.open(surelyNew("Config", session(2)));

        assertThat(rig.probes).isZero();
        assertThat(rig.router.sessionCount()).isEqualTo(1);
    }

    @Test
    void asksNobodyOnceEverySessionOfTheProcessBeforeHasExpired() {
        rig.pass(Duration.ofHours(2));

        rig.open(rpc("Config", session(2)));

        assertThat(rig.probes).isZero();
        assertThat(rig.router.sessionCount()).isEqualTo(1);
    }

    @Test
    void doesNotKeepNewSessionsWaitingForAServerThatKeepsSilent() {
        rig.held.remove("a");
        RouterRig.Stream stream = rig.open(rpc("Config", session(2)));
        assertThat(stream.isDecided()).isFalse();

        rig.pass(Duration.ofSeconds(3));

        assertThat(stream.isDecided()).isTrue();
        assertThat(rig.router.count(RouterEvent.PLACED)).isEqualTo(1);
    }

    @Test
    void tellsAReattachOfASessionThatNoServerHoldsThatThereIsNoOperation() {
        assertThat(rig.open(rpc("ReattachExecute", session(2))).answer().message())
                .contains("OPERATION_NOT_FOUND");
        assertThat(rig.router.sessionCount()).isZero();
    }
}
