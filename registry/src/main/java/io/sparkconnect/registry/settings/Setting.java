/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.util.Objects;
import java.util.function.Function;

/**
 * One configuration key. A family of keys has a name that ends in {@code .*}; see {@link SettingsSchema#family}.
 *
 * @param <T> type of its value
 */
public final class Setting<T> {
    private final String name;
    private final String defaultText;
    private final String kind;
    private final String description;
    private final Function<String, T> parser;

    Setting(String name, String defaultText, String kind, String description, Function<String, T> parser) {
        this.name = Objects.requireNonNull(name, "name");
        this.defaultText = Objects.requireNonNull(defaultText, "defaultText");
        this.kind = Objects.requireNonNull(kind, "kind");
        this.description = Objects.requireNonNull(description, "description");
        this.parser = Objects.requireNonNull(parser, "parser");
    }

    public String name() {
        return name;
    }

    /** As it would stand in a file; empty when unset. */
    public String defaultText() {
        return defaultText;
    }

    /** What may stand there, in words: type, unit and range. */
    public String kind() {
        return kind;
    }

    public String description() {
        return description;
    }

    /**
     * @throws IllegalArgumentException when the text is not of this kind; the message says what was expected
     */
    T parse(String text) {
        return parser.apply(text.trim());
    }

    @Override
    public String toString() {
        return name;
    }
}
