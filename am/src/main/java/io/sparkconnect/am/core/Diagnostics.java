/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** YARN's diagnostics of a completed container. NodeManagers append the end of stderr to those of failures. */
final class Diagnostics {
    private static final int MOST_CHARACTERS = 600;
    private static final int MOST_LINES = 20;
    private static final int LONGEST_LINE = 300;
    private static final Pattern STDERR_TAIL = Pattern.compile("Last \\d+ bytes of \\S*stderr\\S* :\\R");
    private static final Pattern NEXT_ENTRY = Pattern.compile("(?m)^\\[\\d{4}-\\d\\d-\\d\\d [^\\]]*\\]");
    private static final Pattern EXCEPTION =
            Pattern.compile("^(Exception in thread .*|Caused by: .*|[\\w.$]+(Exception|Error)\\b.*|Error: .*"
                    + "|Terminating due to java\\.lang\\.OutOfMemoryError.*)$");

    private final String text;
    private final List<String> stderr;

    private Diagnostics(String text, List<String> stderr) {
        this.text = text;
        this.stderr = stderr;
    }

    static Diagnostics of(String text) {
        Matcher tail = STDERR_TAIL.matcher(text);
        if (!tail.find()) {
            return new Diagnostics(text, List.of());
        }
        String rest = text.substring(tail.end());
        Matcher next = NEXT_ENTRY.matcher(rest);
        String stderr = next.find() ? rest.substring(0, next.start()) : rest;
        return new Diagnostics(text.substring(0, tail.start()).strip(), lastLines(stderr));
    }

    /** Nothing of YARN's, only the end of stderr. */
    static Diagnostics ofStderr(String stderr) {
        return new Diagnostics("", lastLines(stderr));
    }

    private static List<String> lastLines(String stderr) {
        List<String> lines = stderr.lines()
                .map(String::stripTrailing)
                .filter(line -> !line.isBlank())
                .map(line -> cut(line, LONGEST_LINE))
                .toList();
        return lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size());
    }

    /** Without the end of stderr, cut to some hundred characters. */
    String summary() {
        return cut(text.strip(), MOST_CHARACTERS);
    }

    /** The end of stderr, oldest line first; empty where YARN did not give it. */
    List<String> lastLines() {
        return stderr;
    }

    /** The line that most likely tells the cause: the last exception's; empty when there is none. */
    String tellingLine() {
        String found = "";
        for (String line : stderr) {
            if (EXCEPTION.matcher(line).matches()) {
                found = line;
            }
        }
        return cut(found, LONGEST_LINE);
    }

    boolean mentions(String words) {
        return text.contains(words) || stderr.stream().anyMatch(line -> line.contains(words));
    }

    private static String cut(String line, int most) {
        return line.length() <= most ? line : line.substring(0, most) + "…";
    }
}
