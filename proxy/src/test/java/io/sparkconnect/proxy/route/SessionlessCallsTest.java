/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SessionlessCallsTest {
    private static final RouterSettings ANY = RouterSettings.builder()
            .otherServices(RouterSettings.OtherServices.ANY)
            .build();

    @Test
    void areRefusedUnlessTheOperatorSaysOtherwise() {
        RouterRig rig = RouterRig.withServers("a", "b");

        StatusAnswer answer = answer(rig);

        assertThat(answer.code()).isEqualTo(12);
        assertThat(answer.message()).contains("sparkconnect.proxy.other.services=any");
    }

    @Test
    void goToEachReadyServerInTurnAndTakeNoSeat() {
        RouterRig rig = RouterRig.withSettings(ANY, "b", "a");

        assertThat(servers(rig, 4)).containsExactly("a", "b", "a", "b");
        assertThat(rig.router.sessionCount()).isZero();
    }

    @Test
    void keepAwayFromServersThatDrainOrFailedJustNow() {
        RouterRig rig = RouterRig.withSettings(ANY, "a", "b", "c");
        rig.directory.draining("c");
        rig.fails("a");

        assertThat(servers(rig, 3)).containsOnly("b");
    }

    @Test
    void areToldToComeBackWhenNoServerIsReady() {
        RouterRig rig = RouterRig.withSettings(ANY);

        StatusAnswer answer = answer(rig);

        assertThat(answer.code()).isEqualTo(14);
        assertThat(answer.message()).contains("No Spark Connect server is ready");
    }

    private static List<String> servers(RouterRig rig, int calls) {
        return Stream.generate(() -> rig.router.routeOther(null))
                .limit(calls)
                .map(decision -> ((RoutingDecision.Forward) decision).backend().serverId())
                .toList();
    }

    private static StatusAnswer answer(RouterRig rig) {
        return ((RoutingDecision.Answer) rig.router.routeOther(null)).answer();
    }
}
