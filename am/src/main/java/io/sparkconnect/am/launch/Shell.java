/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.util.regex.Pattern;

/** Words for bash that mean exactly what they say. */
final class Shell {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private Shell() {}

    /** One word, whatever it holds. */
    static String quote(String word) {
        if (word.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a value holds a NUL character: " + word.replace('\0', '?'));
        }
        return "'" + word.replace("'", "'\\''") + "'";
    }

    /** @throws IllegalArgumentException when the name is none that a shell can export */
    static String export(String name, String value) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("environment variable: " + name
                    + " (expected: letters, digits and underscores; change" + " sparkconnect.server.env.*)");
        }
        return "export " + name + "=" + quote(value);
    }
}
