/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "man",
        description = {
            "Writes the manual pages into a directory, for `man sparkconnect` and `man sparkconnect-scale`.",
            "`man` finds them in ~/.local/share/man/man1 where ~/.local/bin is on the PATH, and in /usr/local/share/man/man1."
        },
        sortOptions = false)
final class ManCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(index = "0", paramLabel = "DIRECTORY", description = "Where to write them; made where it is missing.")
    private Path directory = Path.of(".");

    ManCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws CommandException {
        Map<String, String> pages = ManPages.of(Launcher.commandLine(surroundings));
        try {
            ManPages.write(directory, pages);
        } catch (UncheckedIOException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, directory + ": cannot be written to (" + e.getCause() + ")", e);
        }
        surroundings.terminal().say(InWords.count(pages.size(), "page") + " in " + directory);
        return ExitCode.OK;
    }
}
