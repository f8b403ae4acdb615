/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The manual pages of the command line and of each command. */
final class ManPages {
    /** The pages call the program what {@code scripts/sparkconnect.sh} is linked as. */
    private static final String PROGRAM = "sparkconnect";

    /** A synopsis is wrapped by who shows the page. */
    private static final int ONE_LINE = 2000;

    private ManPages() {}

    /**
     * Roff by file name, such as {@code sparkconnect-scale.1}.
     *
     * @param line is changed: call it with one of its own
     */
    static Map<String, String> of(CommandLine line) {
        line.setCommandName(PROGRAM).setUsageHelpWidth(ONE_LINE);
        CommandSpec root = line.getCommandSpec();
        Map<String, String> pages = new TreeMap<>();
        pages.put(ManPage.name(root, root) + ".1", ManPage.of(root, root));
        for (CommandLine sub : line.getSubcommands().values()) {
            CommandSpec command = sub.getCommandSpec();
            if (!ManPage.isHelp(command)) {
                pages.put(ManPage.name(command, root) + ".1", ManPage.of(command, root));
            }
        }
        return pages;
    }

    /** Makes the directory where it is missing; replaces pages that are there. */
    static void write(Path directory, Map<String, String> pages) {
        try {
            Files.createDirectories(directory);
            for (Map.Entry<String, String> page : pages.entrySet()) {
                Files.writeString(directory.resolve(page.getKey()), page.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
