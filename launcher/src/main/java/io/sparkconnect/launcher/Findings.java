/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the checks before a launch found. Confined to the thread that checks. */
final class Findings {
    /** In their order; what two pools have in common is said once. */
    private final Set<String> mistakes = new LinkedHashSet<>();

    private final Set<String> warnings = new LinkedHashSet<>();
    private final List<String> failures = new ArrayList<>();

    /** The user has to change something: the value, what was expected, where to change it. */
    void mistake(String text) {
        mistakes.add(text);
    }

    /** The launch may go on, but the user should know. */
    void warning(String text) {
        warnings.add(text);
    }

    /** What a setting names did not answer, so that nothing is known. Shown after the mistakes. */
    void failure(String text) {
        failures.add(text);
    }

    List<String> mistakes() {
        return List.copyOf(mistakes);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** @throws CommandException with every mistake and failure, when there is any */
    void orElseThrow() throws CommandException {
        if (mistakes.isEmpty() && failures.isEmpty()) {
            return;
        }
        List<String> all = new ArrayList<>(mistakes);
        all.addAll(failures);
        throw new CommandException(ExitCode.BAD_INPUT, all, null);
    }
}
