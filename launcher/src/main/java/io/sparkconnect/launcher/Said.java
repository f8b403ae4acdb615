/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.List;
import java.util.Map;

/**
 * An answer of a few words.
 *
 * @param text for people
 * @param names what other commands take
 * @param records the facts by name
 */
record Said(String text, List<String> names, Map<String, ?> records) implements Answer {
    @Override
    public String text(boolean wide, boolean headers) {
        return text;
    }
}
