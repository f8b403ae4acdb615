/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends a command with a message for its user: no stack trace is shown unless {@code --debug} asks for it. */
final class CommandException extends Exception {
    private final int exitCode;
    private final List<String> lines;

    CommandException(int exitCode, List<String> lines, @Nullable Throwable cause) {
        super(String.join(System.lineSeparator(), lines), cause);
        this.exitCode = exitCode;
        this.lines = List.copyOf(lines);
    }

    CommandException(int exitCode, String line, @Nullable Throwable cause) {
        this(exitCode, List.of(line), cause);
    }

    CommandException(int exitCode, String line) {
        this(exitCode, List.of(line), null);
    }

    int exitCode() {
        return exitCode;
    }

    /** One line per mistake, never empty. */
    List<String> lines() {
        return lines;
    }
}
