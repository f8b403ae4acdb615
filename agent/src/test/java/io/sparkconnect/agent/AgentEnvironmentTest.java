/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentEnvironmentTest {
    @Test
    void isAbsentInADriverThatTheServiceDidNotStart() {
        assertThat(AgentEnvironment.from(Map.of("PATH", "/bin"))).isEmpty();
    }

    @Test
    void readsTheJoinUrlsInTheirOrderAndWithoutTrailingSlash() {
        AgentEnvironment environment = AgentEnvironment.from(complete(
                        AgentEnvironment.JOIN_URLS, "http://am:1234/, http://rm:8088/proxy/application_1_0001/"))
                .orElseThrow();

        assertThat(environment.joinUrls())
                .containsExactly(URI.create("http://am:1234"), URI.create("http://rm:8088/proxy/application_1_0001"));
    }

    @Test
    void namesTheVariableThatIsMissing() {
        assertThatThrownBy(() -> AgentEnvironment.from(complete(AgentEnvironment.NODE_HOST, " ")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SPARKCONNECT_NODE_HOST");
    }

    @Test
    void namesTheUrlThatIsNone() {
        assertThatThrownBy(() -> AgentEnvironment.from(complete(AgentEnvironment.JOIN_URLS, "am:1234")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SPARKCONNECT_JOIN_URLS")
                .hasMessageContaining("am:1234");
    }

    private static Map<String, String> complete(String name, String value) {
        Map<String, String> environment = new HashMap<>(Map.of(
                AgentEnvironment.SERVER_ID, "container_1_0001_01_000002",
                AgentEnvironment.JOIN_URLS, "http://am:1234",
                AgentEnvironment.NODE_HOST, "node-1"));
        environment.put(name, value);
        return environment;
    }
}
