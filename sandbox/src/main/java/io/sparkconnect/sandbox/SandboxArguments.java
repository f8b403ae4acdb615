/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code scripts/sandbox.sh} passes on.
 *
 * @param demo script to run through the URL in place of waiting for Ctrl-C; null to wait
 */
record SandboxArguments(SandboxOptions options, @Nullable Path demo) {
    /** @throws IllegalArgumentException with the mistake */
    static SandboxArguments parse(String... arguments) {
        Map<String, String> given = new LinkedHashMap<>();
        Map<String, String> settings = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            String name = arguments[i];
            if (name.startsWith("-D") && name.contains("=")) {
                settings.put(name.substring(2, name.indexOf('=')), name.substring(name.indexOf('=') + 1));
                continue;
            }
            if (!name.matches("--(home|directory|spark-home|python|port|servers|demo)") || i + 1 == arguments.length) {
                throw new IllegalArgumentException("argument: " + name + " (see scripts/sandbox.sh --help)");
            }
            given.put(name, arguments[++i]);
        }
        SandboxOptions options = new SandboxOptions(
                path(given, "--home"),
                path(given, "--directory"),
                path(given, "--spark-home"),
                given.containsKey("--python") ? path(given, "--python") : null,
                number(given, "--port", 15002, 0, 65_535),
                number(given, "--servers", 2, 1, 4),
                settings);
        return new SandboxArguments(options, given.containsKey("--demo") ? path(given, "--demo") : null);
    }

    private static Path path(Map<String, String> given, String name) {
        String text = given.get(name);
        if (text == null) {
            throw new IllegalArgumentException(name + " is missing (run scripts/sandbox.sh)");
        }
        return Path.of(text).toAbsolutePath().normalize();
    }

    private static int number(Map<String, String> given, String name, int otherwise, int least, int most) {
        String text = given.getOrDefault(name, Integer.toString(otherwise));
        if (!text.matches("\\d{1,6}") || Integer.parseInt(text) < least || Integer.parseInt(text) > most) {
            throw new IllegalArgumentException(name + ": " + text + " (expected: " + least + " to " + most + ")");
        }
        return Integer.parseInt(text);
    }
}
