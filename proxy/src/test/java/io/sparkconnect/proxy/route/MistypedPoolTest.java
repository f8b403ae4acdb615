/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MistypedPoolTest {
    private final RouterRig rig = RouterRig.withServers();

    @ParameterizedTest
    @ValueSource(strings = {"x-pol", "x-pools", "x-poool", "xpool", "x_pool", "x-opol", "x-spool"})
    void noticesWhatIsNearlyThePoolsHeader(String name) {
        rig.router.asksForNoPool(List.of(":method", "te", name));

        assertThat(rig.router.count(RouterEvent.MISTYPED_POOL)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x", "x-", "x-id", "x-team", "x-request-id", "pool", "x-forwarded-for", "x-amzn-trace-id", ""})
    void leavesOtherHeadersAlone(String name) {
        rig.router.asksForNoPool(List.of(name));

        assertThat(rig.router.count(RouterEvent.MISTYPED_POOL)).isZero();
    }
}
