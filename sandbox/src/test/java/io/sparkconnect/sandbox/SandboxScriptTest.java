/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody reads who tries the project on a machine for the first time. */
class SandboxScriptTest {
    private static final Path SCRIPT =
            Path.of("..", "scripts", "sandbox.sh").toAbsolutePath().normalize();

    @TempDir
    private Path directory;

    @Test
    void explainsItself() throws Exception {
        Run help = run(Map.of(), "--help");

        assertThat(help.exitCode()).isZero();
        assertThat(help.output()).contains("usage: scripts/sandbox.sh", "--demo", "--port PORT", "--servers N");
    }

    @Test
    void refusesWhatItDoesNotKnowBeforeItDoesAnything() throws Exception {
        assertThat(run(Map.of(), "--colour")).isEqualTo(new Run(2, "error: --colour: unknown option (see --help)\n"));
        assertThat(run(Map.of(), "--port", "http").output()).contains("--port: http (expected: a number)");
        assertThat(run(Map.of(), "--port", "70000").output()).contains("--port: 70000 (expected: 0 to 65535)");
        assertThat(run(Map.of(), "--servers", "9").output()).contains("--servers: 9 (expected: 1 to 4");
    }

    @Test
    void namesAWrongJava() throws Exception {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Path java =
                Files.writeString(bin.resolve("java"), "#!/bin/sh\necho '    java.specification.version = 11' >&2\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();

        Run old = run(Map.of("JAVA_HOME", directory.toString()), "--dry-run");
        Run missing = run(Map.of("JAVA_HOME", "/no/such/jdk"), "--dry-run");

        assertThat(old.exitCode()).isEqualTo(2);
        assertThat(old.output()).contains("is Java 11 (expected: 17 to 21; point JAVA_HOME at one)");
        assertThat(missing.output()).contains("JAVA_HOME: /no/such/jdk has no bin/java");
    }

    @Test
    void saysWhatItWouldDo() throws Exception {
        Run dry = run(
                Map.of("JAVA_HOME", System.getProperty("java.home")), "--dry-run", "--port", "15999", "--servers", "3");

        assertThat(dry.exitCode()).as(dry.output()).isZero();
        assertThat(dry.output()).contains("3 servers behind sc://localhost:15999");
    }

    private static Run run(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    private record Run(int exitCode, String output) {}
}
