/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.testkit.RawPeer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TooManyConnectionsTest {
    @Test
    void areRefusedBeyondTheLimitAndTheOthersKept() throws Exception {
        try (Siege siege = new Siege()) {
            List<RawPeer> attackers = new ArrayList<>();
            for (int i = 0; i < 2 * Siege.CONNECTIONS; i++) {
                attackers.add(RawPeer.silent(siege.proxy.port()));
            }
            await().untilAsserted(() -> assertThat(siege.proxy.metric("refused_total{why=\"too-many-connections\"}"))
                    .isGreaterThanOrEqualTo(Siege.CONNECTIONS));
            siege.neighbour.awaitServed();
            for (RawPeer attacker : attackers) {
                attacker.close();
            }
            siege.isOver();
        }
    }
}
