/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManCommandTest {
    /** Tests run in the module's directory. */
    private static final Path COMMITTED = Path.of("..", "docs", "man");

    private static final String HOW =
            "run: mvn -pl launcher -am test -Dtest=ManCommandTest -Dsurefire.failIfNoSpecifiedTests=false"
                    + " -Dsparkconnect.man.write=true";

    @TempDir
    private Path directory;

    private CommandLineFixture user;
    private Path pages;

    @BeforeEach
    void setUp() throws IOException {
        user = new CommandLineFixture(directory);
        pages = directory.resolve("share/man1");
        assertThat(user.run("man", pages.toString())).as(user.talk()).isZero();
    }

    @Test
    void theCommittedPagesAreWhatTheDeclarationsSay() throws IOException {
        if (Boolean.getBoolean("sparkconnect.man.write")) {
            assertThat(user.run("man", COMMITTED.toString())).isZero();
        }

        assertThat(names(COMMITTED)).as(HOW).isEqualTo(names(pages));
        for (String name : names(pages)) {
            assertThat(COMMITTED.resolve(name)).as(HOW).hasContent(Files.readString(pages.resolve(name)));
        }
    }

    @Test
    void writesAPageForEachCommandThatHasASynopsisItsOptionsAndItsExitCodes() throws IOException {
        assertThat(user.talk()).contains(names(pages).size() + " pages in " + pages);
        String scale = Files.readString(pages.resolve("sparkconnect-scale.1"));

        assertThat(scale)
                .contains(".TH SPARKCONNECT-SCALE 1")
                .contains(".SH NAME\nsparkconnect-scale \\- ")
                .contains(".SH SYNOPSIS\nsparkconnect scale ")
                .contains("\\fB\\-\\-min\\fR\\fI=N\\fR\n")
                .contains(".SH EXIT STATUS\n.TP\n\\fB0\\fR\ndone\n")
                .contains("\\fBsparkconnect\\fR(1)");
        assertThat(Files.readString(pages.resolve("sparkconnect.1")))
                .contains(".SH COMMANDS\n", "\\fBkill\\-session\\fR\n", "\\fBsparkconnect\\-drain\\fR(1)");
    }

    @Test
    void noLineIsTakenForARequestThatIsNone() throws IOException {
        for (String name : names(pages)) {
            assertThat(Files.readAllLines(pages.resolve(name)))
                    .as(name)
                    .filteredOn(line -> line.startsWith(".") || line.startsWith("'"))
                    .allMatch(line -> line.matches("\\.(\\\\\".*|TH .*|SH .*|PP|TP)"));
        }
    }

    @Test
    void saysWhereItCannotWrite() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThat(user.run("man", file.toString())).isEqualTo(2);

        assertThat(user.talk()).contains(file + ": cannot be written to (");
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
