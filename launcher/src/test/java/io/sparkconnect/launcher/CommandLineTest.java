/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    private static final String SITE = """
            <?xml version="1.0"?>
            <configuration>
              <property><name>sparkconnect.service.name</name><value>fromfile</value></property>
              <property><name>sparkconnect.proxy.listen</name><value>0.0.0.0:15002</value></property>
              %s
            </configuration>
            """;

    @TempDir
    private Path directory;

    private CommandLineFixture user;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
    }

    @Test
    void listsItsCommands() {
        int exit = user.run("help");

        assertThat(exit).isEqualTo(0);
        assertThat(user.data()).contains("launch", "status", "stop", "version");
    }

    @ParameterizedTest
    @ValueSource(strings = {"scale", "upgrade", "kill-session", "completion", "logs"})
    void explainsACommandWhicheverWayItIsAsked(String command) {
        assertThat(user.run("help", command)).isZero();
        String explained = user.data();
        assertThat(explained).contains("Usage: sparkconnect-yarn " + command);

        assertThat(user.run(command, "--help")).isZero();
        assertThat(user.run(command, "-h")).isZero();

        assertThat(user.data()).isEqualTo(explained.repeat(3));
    }

    @Test
    void suggestsTheNearestCommand() {
        int exit = user.run("luanch");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk()).contains("luanch").contains("launch").doesNotContain("Exception");
    }

    @Test
    void tellsItsVersions() {
        int exit = user.run("version", "-o", "json");

        assertThat(exit).isEqualTo(0);
        assertThat(user.data()).contains("\"sparkconnect-yarn\" : \"0.", "\"hadoop\" : \"3.");
    }

    @Test
    void takesFilesInHadoopsMannerAndLetsTheCommandLineWin() throws IOException {
        Path first = Files.writeString(directory.resolve("first.xml"), SITE.formatted(""));
        Path second = Files.writeString(
                directory.resolve("second.xml"),
                SITE.formatted("<property><name>sparkconnect.queue</name><value>default</value></property>"));

        int exit = user.run(
                "launch",
                "-conf",
                first.toString(),
                "-conf",
                second.toString(),
                "-Dsparkconnect.service.name=fromline");

        assertThat(user.talk()).doesNotContain("error");
        assertThat(exit).isEqualTo(0);
        assertThat(user.yarn.submitted.get(0).getApplicationName()).isEqualTo("fromline");
        assertThat(user.yarn.submitted.get(0).getQueue()).isEqualTo("default");
    }

    @Test
    void readsTheSiteFileOfTheConfigurationDirectory() throws IOException {
        Files.writeString(directory.resolve("sparkconnect-site.xml"), SITE.formatted(""));
        user.environment.put("SPARKCONNECT_CONF_DIR", directory.toString());

        user.run("launch");

        assertThat(user.yarn.submitted.get(0).getApplicationName()).isEqualTo("fromfile");
    }

    @Test
    void saysInWhichFileAMistakeIs() throws IOException {
        Path file = Files.writeString(
                directory.resolve("mistaken.xml"),
                SITE.formatted("<property><name>sparkconnect.servers.min</name><value>two</value></property>"));

        int exit = user.run("status", "-conf", file.toString());

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk())
                .contains("sparkconnect.servers.min: two (expected: number, 0 to 1000; given in " + file + ")");
    }

    @Test
    void saysThatAFileIsMissingOrBroken() throws IOException {
        int missing = user.run("status", "-conf", "/no/such/file.xml");
        Path broken = Files.writeString(directory.resolve("broken.xml"), "<configuration><property>");
        int garbage = user.run("status", "-conf", broken.toString());

        assertThat(missing).isEqualTo(2);
        assertThat(garbage).isEqualTo(2);
        assertThat(user.talk())
                .contains("-conf /no/such/file.xml: no such file")
                .contains("cannot read the configuration: ")
                .contains("broken.xml");
    }

    @Test
    void refusesADurationWithoutAUnit() {
        int exit = user.run("launch", "--wait=10");

        assertThat(exit).isEqualTo(2);
        assertThat(user.talk()).contains("'10' is not a duration (expected: 90s, 10m, 2h");
    }

    @Test
    void namesTheWordThatACommandDoesNotTake() {
        assertThat(user.run("restart", "default-0")).isEqualTo(2);
        assertThat(user.run("stauts")).isEqualTo(2);

        assertThat(user.talk())
                .contains("error: restart takes no default-0", "see: help restart")
                .contains("error: there is no command stauts", "Did you mean: sparkconnect-yarn status");
    }

    @Test
    void refusesContradictions() {
        assertThat(user.run("stop", "--now", "--drain", "1m")).isEqualTo(2);
        assertThat(user.run("stop", "--wait", "--no-wait")).isEqualTo(2);
    }
}
