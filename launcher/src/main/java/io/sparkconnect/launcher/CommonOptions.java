/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What every command understands, written as Hadoop's own commands write it. */
final class CommonOptions {
    @Option(
            names = "-D",
            paramLabel = "key=value",
            description = "Sets a property: ours (sparkconnect.*) or Hadoop's. Wins over every file. Repeatable.")
    private Map<String, String> definitions = new LinkedHashMap<>();

    @Option(
            names = "-conf",
            paramLabel = "FILE",
            description = "Reads a configuration file in Hadoop's XML form; later files win. Repeatable.")
    private List<Path> files = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORM",
            defaultValue = "table",
            description = "Form of what goes to standard output: ${COMPLETION-CANDIDATES}.")
    private OutputForm output = OutputForm.table;

    @Option(names = "--no-headers", description = "Leaves the headings of tables out.")
    private boolean noHeaders;

    @Option(names = "--debug", description = "Shows stack traces and the libraries' logs.")
    private boolean debug;

    Map<String, String> definitions() {
        return definitions;
    }

    List<Path> files() {
        return files;
    }

    OutputForm output() {
        return output;
    }

    boolean headers() {
        return !noHeaders;
    }

    boolean debug() {
        return debug;
    }

    /** Lower-case constants: they are what the user types. */
    enum OutputForm {
        /** For people. */
        table,
        /** The same with more columns. */
        wide,
        /** The records. */
        json,
        yaml,
        /** Names alone, one a line: what other commands take. */
        name;

        boolean isForPeople() {
            return this == table || this == wide;
        }
    }
}
