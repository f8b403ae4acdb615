/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionCommandTest {
    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
    }

    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        assertThat(user.run("completion", "bash")).isZero();
        Path script = Files.writeString(directory.resolve("completion.bash"), user.data());

        String answer = bash("compopt() { :; }; source " + script + "; COMP_WORDS=(sparkconnect dra); COMP_CWORD=1;"
                + " _complete_sparkconnect; echo \"${COMPREPLY[@]}\";"
                + " COMP_WORDS=(sparkconnect drain --wi); COMP_CWORD=2;"
                + " _complete_sparkconnect; echo \"${COMPREPLY[@]}\"");

        assertThat(answer.lines()).containsExactly("drain", "--within");
    }

    @Test
    void zshAsksForBashsWay() {
        user.run("completion", "zsh", "--name", "sc");

        assertThat(user.data()).contains("bashcompinit", "_complete_sc");
    }

    @Test
    void refusesOtherShells() {
        assertThat(user.run("completion", "fish")).isEqualTo(2);
        assertThat(user.run("completion", "bash", "--name", "a b")).isEqualTo(2);
        assertThat(user.talk()).contains("[bash, zsh]", "--name: a b");
    }

    private static String bash(String commands) throws Exception {
        Process process = new ProcessBuilder("bash", "-c", commands)
                .redirectErrorStream(true)
                .start();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(answer).isZero();
        return answer;
    }
}
