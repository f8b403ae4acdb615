/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

class QuorumHostsTest {
    private static final Set<String> KNOWN = Set.of("zk1", "10.0.0.1", "fe80::1");

    @Test
    void oneKnownHostIsEnough() {
        for (String quorum : Set.of("zk1:2181,zk2:2181", "nozk:2181, zk1", "[fe80::1]:2181", "10.0.0.1:2181/chroot")) {
            assertThatCode(() -> QuorumHosts.check(quorum, KNOWN::contains))
                    .as(quorum)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void namesTheHostsWhenNoneIsKnown() {
        assertThatThrownBy(() -> QuorumHosts.check("kz1:2181,kz2:2181/here", KNOWN::contains))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(
                        "sparkconnect.zookeeper.quorum: kz1:2181,kz2:2181/here: kz1, kz2 are no hosts that")
                .hasMessageContaining("DNS");
    }
}
