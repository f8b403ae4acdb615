/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.settings.SettingValue;
import io.sparkconnect.registry.settings.Settings;
import java.util.Map;
import java.util.TreeMap;

/** Settings that do not come from the user's files, such as those that a service runs with. */
final class SpecSettings {
    private SpecSettings() {}

    /**
     * @param source where they stand, for the error text
     * @throws CommandException with every mistake
     */
    static Settings read(Map<String, String> texts, String source) throws CommandException {
        return configuration(texts, source).orElseThrow();
    }

    /** The same with the pools that they describe, and with what is wrong. */
    static ServiceConfiguration configuration(Map<String, String> texts, String source) {
        Map<String, SettingValue> given = new TreeMap<>();
        texts.forEach((key, text) -> given.put(key, new SettingValue(text, source)));
        return ServiceConfiguration.read(given);
    }
}
