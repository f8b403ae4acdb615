/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
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

    /** Where no zsh is, bash reads it: all but its first lines is bash's own script, which zsh takes as it is. */
    @Test
    void zshAsksForBashsWayInAScriptThatItCanRead() throws Exception {
        user.run("completion", "zsh", "--name", "sc");
        Path script = Files.writeString(directory.resolve("completion.zsh"), user.data());

        Process reading = new ProcessBuilder(zsh(), "-n", script.toString())
                .redirectErrorStream(true)
                .start();
        String complaints = new String(reading.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(complaints).isEmpty();
        assertThat(reading.waitFor()).isZero();
        assertThat(user.data().lines())
                .startsWith("autoload -U +X compinit && compinit", "autoload -U +X bashcompinit && bashcompinit")
                .anyMatch(line -> line.matches("complete -F _complete_sc .*sc.*"));
    }

    private static String zsh() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> Path.of(directory, "zsh"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElse("bash");
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
