/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.registry.SessionKey;
import org.junit.jupiter.api.Test;

class AccessLogTest {
    @Test
    void writesOneLineWithTheSessionAsAHashPrefix() {
        SessionKey session = new SessionKey("ann", "6e5b4bd8-0a55-4d8a-8bd5-0a3a7a2f4c11");

        String line = AccessLog.line(report("Config", session));

        assertThat(line)
                .isEqualTo("remote=10.0.0.1:999 method=Config session="
                        + session.hash().substring(0, 8)
                        + " user=ann server=container_1 status=0 in=10 out=20 ms=3 reason=ok");
    }

    @Test
    void letsNoClientForgeALineOrAField() {
        SessionKey session = new SessionKey("eve\nremote=1 status=0", "s");

        String line = AccessLog.line(report("Con fig\r\n", session));

        assertThat(line)
                .doesNotContain("\n", "\r", "user=eve remote")
                .contains("method=Con\\u0020fig\\u000d\\u000a", "user=eve\\u000aremote\\u003d1\\u0020status\\u003d0");
    }

    private static StreamReport report(String method, SessionKey session) {
        Backend backend = new Backend("container_1", "i", "h", 1);
        return new StreamReport("10.0.0.1:999", method, session, backend, 0, 10, 20, 3_400_000, "ok");
    }
}
