/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is other in settings than it was, in words. Pure. */
final class SettingDifferences {
    private SettingDifferences() {}

    /** Such as {@code sparkconnect.server.memory=2g}, or {@code sparkconnect.server.memory to its default}; by key. */
    static List<String> between(Map<String, String> before, Map<String, String> after) {
        List<String> differences = new ArrayList<>();
        new TreeMap<>(after).forEach((key, value) -> {
            if (!value.equals(before.get(key))) {
                differences.add(key + "=" + value);
            }
        });
        before.keySet().stream()
                .filter(key -> !after.containsKey(key))
                .sorted()
                .forEach(key -> differences.add(key + " to its default"));
        return differences;
    }
}
