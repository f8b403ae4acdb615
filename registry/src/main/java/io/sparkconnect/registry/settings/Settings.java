/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** A valid configuration: a value for every key of its schema. */
public final class Settings {
    private final Map<Setting<?>, Object> values;
    private final Map<String, SettingValue> texts;

    Settings(Map<Setting<?>, Object> values, Map<String, SettingValue> texts) {
        this.values = new LinkedHashMap<>(values);
        this.texts = new TreeMap<>(texts);
    }

    /** @throws IllegalArgumentException when the setting is not part of the schema that made this */
    @SuppressWarnings("unchecked")
    public <T> T get(Setting<T> setting) {
        Object value = values.get(setting);
        if (value == null) {
            throw new IllegalArgumentException("setting: " + setting.name() + " (expected: one of this schema)");
        }
        return (T) value;
    }

    /** Whether somebody gave it, as opposed to its default. */
    public boolean isGiven(Setting<?> setting) {
        return texts.containsKey(setting.name());
    }

    /** What was given, by key, without defaults: enough to read the same settings again elsewhere. */
    public Map<String, String> given() {
        Map<String, String> given = new TreeMap<>();
        texts.forEach((key, value) -> given.put(key, value.text()));
        return given;
    }

    /** Where a key was given, for error texts; {@code default} when it was not. */
    String sourceOf(String key) {
        SettingValue value = texts.get(key);
        return value == null ? "default" : value.source();
    }

    /** These, with other values of some. */
    Settings with(Map<Setting<?>, Object> others) {
        Settings all = new Settings(values, texts);
        all.values.putAll(others);
        return all;
    }
}
