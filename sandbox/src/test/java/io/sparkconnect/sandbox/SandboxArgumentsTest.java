/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SandboxArgumentsTest {
    @Test
    void readsWhatTheScriptGives() {
        SandboxArguments arguments =
                parse("--port", "0", "--servers", "3", "-Dsparkconnect.server.memory=2g", "--demo", "/demo.py");

        assertThat(arguments.demo()).isEqualTo(Path.of("/demo.py"));
        assertThat(arguments.options().port()).isZero();
        assertThat(arguments.options().servers()).isEqualTo(3);
        assertThat(arguments.options().settings()).isEqualTo(Map.of("sparkconnect.server.memory", "2g"));
        assertThat(arguments.options().python()).isNull();
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> parse("--colour", "red")).hasMessageContaining("argument: --colour");
        assertThatThrownBy(() -> parse("--servers", "9")).hasMessage("--servers: 9 (expected: 1 to 4)");
        assertThatThrownBy(() -> parse("--port")).hasMessageContaining("argument: --port");
        assertThatThrownBy(() -> SandboxArguments.parse("--port", "1")).hasMessageContaining("--home is missing");
    }

    private static SandboxArguments parse(String... further) {
        List<String> all = new ArrayList<>(List.of("--home", "/h", "--directory", "/d", "--spark-home", "/s"));
        all.addAll(List.of(further));
        return SandboxArguments.parse(all.toArray(String[]::new));
    }
}
