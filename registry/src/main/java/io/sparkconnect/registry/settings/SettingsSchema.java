/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An ordered set of keys: declares them, and reads and validates a configuration against them as a whole. */
public final class SettingsSchema {
    private static final Pattern QUANTITY = Pattern.compile("(\\d+)\\s*([a-zA-Z]*)");

    private final String prefix;
    private final Map<String, Setting<?>> settings = new LinkedHashMap<>();
    private final Map<String, FamilyRule> familyRules = new HashMap<>();

    /** @param prefix keys that begin so belong to us, and are refused when they are not declared */
    public SettingsSchema(String prefix) {
        this.prefix = prefix;
    }

    /** All declared settings in the order of declaration. */
    public List<Setting<?>> all() {
        return List.copyOf(settings.values());
    }

    /** Takes over every setting of another schema, so that one file can serve several programs. */
    public SettingsSchema include(SettingsSchema other) {
        settings.putAll(other.settings);
        familyRules.putAll(other.familyRules);
        return this;
    }

    public Setting<String> text(String name, String defaultText, String description) {
        return declare(new Setting<>(name, defaultText, "text", description, Function.identity()));
    }

    /** Text that must match a pattern from its first to its last character. */
    public Setting<String> text(String name, String defaultText, String pattern, String description) {
        return declare(new Setting<>(name, defaultText, "text like " + pattern, description, text -> {
            if (!text.matches(pattern)) {
                throw new IllegalArgumentException("expected: text like " + pattern);
            }
            return text;
        }));
    }

    /** Unset unless given. */
    public Setting<Optional<String>> optionalText(String name, String description) {
        return declare(new Setting<>(
                name,
                "",
                "text, or empty",
                description,
                text -> text.isEmpty() ? Optional.empty() : Optional.of(text)));
    }

    /** A comma-separated list; empty parts are dropped. */
    public Setting<List<String>> list(String name, String defaultText, String description) {
        return declare(new Setting<>(name, defaultText, "comma-separated list", description, SettingsSchema::parts));
    }

    /** What stands between commas; empty parts are dropped. */
    static List<String> parts(String text) {
        return Pattern.compile(",")
                .splitAsStream(text)
                .map(String::trim)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    public Setting<Boolean> flag(String name, boolean defaultValue, String description) {
        return declare(new Setting<>(name, Boolean.toString(defaultValue), "true or false", description, text -> {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("expected: true or false");
            };
        }));
    }

    public Setting<Integer> integer(String name, int defaultValue, int least, int most, String description) {
        String kind = most == Integer.MAX_VALUE ? "number, at least " + least : "number, " + least + " to " + most;
        return declare(new Setting<>(name, Integer.toString(defaultValue), kind, description, text ->
                (int) number(text, least, most, kind)));
    }

    /** A duration with its unit: {@code ms}, {@code s}, {@code m}, {@code h} or {@code d}. */
    public Setting<Duration> duration(
            String name, String defaultText, Duration least, Duration most, String description) {
        String kind = "duration with a unit (ms, s, m, h, d), " + inWords(least) + " to " + inWords(most);
        return declare(new Setting<>(name, defaultText, kind, description, text -> {
            Duration value = parseDuration(text, kind);
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException("expected: " + kind);
            }
            return value;
        }));
    }

    /** A memory size in MiB; {@code 512m} and {@code 2g} as Spark writes them, a bare number is MiB. */
    public Setting<Integer> memoryMiB(String name, String defaultText, int least, String description) {
        String kind = "memory size such as 512m or 2g, at least " + least + "m";
        return declare(new Setting<>(name, defaultText, kind, description, text -> parseMemoryMiB(text, least, kind)));
    }

    /** The same, unset unless given. */
    public Setting<Optional<Integer>> optionalMemoryMiB(String name, int least, String description) {
        String kind = "memory size such as 512m or 2g, at least " + least + "m, or empty";
        return declare(new Setting<>(
                name,
                "",
                kind,
                description,
                text -> text.isEmpty() ? Optional.empty() : Optional.of(parseMemoryMiB(text, least, kind))));
    }

    /**
     * Keys that share a prefix and end as their owner likes, such as {@code sparkconnect.server.conf.*}; the value maps
     * what stands for the star to the text.
     */
    public Setting<Map<String, String>> family(String nameWithStar, String description) {
        return family(nameWithStar, "text", description, (rest, text) -> {});
    }

    /**
     * The same for keys whose ends are not just anything.
     *
     * @param kind what may stand there, in words
     */
    Setting<Map<String, String>> family(String nameWithStar, String kind, String description, FamilyRule rule) {
        if (!nameWithStar.endsWith(".*")) {
            throw new IllegalArgumentException("family: " + nameWithStar + " (expected: a name that ends in .*)");
        }
        familyRules.put(nameWithStar, rule);
        return declare(new Setting<>(nameWithStar, "", kind, description, text -> Map.of()));
    }

    /** What must hold of one key of a family. */
    interface FamilyRule {
        /**
         * @param rest what stands for the star
         * @throws IllegalArgumentException when it does not hold; the message says what was expected
         */
        void check(String rest, String text);
    }

    /** The declared setting of this name; null when there is none. */
    @Nullable
    Setting<?> named(String name) {
        return settings.get(name);
    }

    /**
     * Reads a configuration whole.
     *
     * @param given values by key; keys outside our prefix are ignored
     * @param others schemas of the programs that share the file: their keys are known here, but neither checked nor kept
     * @throws SettingsException with every mistake at once, unknown keys with the nearest known one
     */
    public Settings read(Map<String, SettingValue> given, SettingsSchema... others) throws SettingsException {
        List<String> mistakes = new ArrayList<>();
        Map<String, SettingValue> texts = new TreeMap<>();
        Map<String, Map<String, String>> families = new LinkedHashMap<>();
        given.forEach((key, value) -> {
            if (!key.startsWith(prefix)) {
                return;
            }
            String family = familyOf(key);
            if (family != null) {
                String rest = key.substring(family.length() - 1);
                try {
                    requireNonNull(familyRules.get(family)).check(rest, value.text());
                    families.computeIfAbsent(family, name -> new TreeMap<>()).put(rest, value.text());
                    texts.put(key, value);
                } catch (IllegalArgumentException e) {
                    mistakes.add(mistake(key, value, e));
                }
            } else if (settings.containsKey(key)) {
                texts.put(key, value);
            } else if (Stream.of(others).noneMatch(other -> other.knows(key))) {
                mistakes.add(unknownKey(key, value, others));
            }
        });
        Map<Setting<?>, Object> values = new LinkedHashMap<>();
        for (Setting<?> setting : settings.values()) {
            if (setting.name().endsWith(".*")) {
                values.put(setting, Map.copyOf(families.getOrDefault(setting.name(), Map.of())));
                continue;
            }
            SettingValue value = texts.getOrDefault(setting.name(), new SettingValue(setting.defaultText(), "default"));
            try {
                values.put(setting, setting.parse(value.text()));
            } catch (IllegalArgumentException e) {
                mistakes.add(mistake(setting.name(), value, e));
            }
        }
        if (!mistakes.isEmpty()) {
            throw new SettingsException(mistakes);
        }
        return new Settings(values, texts);
    }

    /**
     * Keys of our prefix that this schema does not know, or that their family refuses: where a newer version wrote the
     * configuration, what it has that this one has not.
     *
     * @param given texts by key
     */
    public Set<String> unknownAmong(Map<String, String> given) {
        Set<String> unknown = new TreeSet<>();
        given.forEach((key, text) -> {
            String family = familyOf(key);
            if (key.startsWith(prefix)
                    && !settings.containsKey(key)
                    && (family == null || refuses(family, key, text))) {
                unknown.add(key);
            }
        });
        return unknown;
    }

    private boolean refuses(String family, String key, String text) {
        try {
            requireNonNull(familyRules.get(family)).check(key.substring(family.length() - 1), text);
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    private static String mistake(String key, SettingValue value, IllegalArgumentException e) {
        return key + ": " + value.text() + " (" + e.getMessage() + "; given in " + value.source() + ")";
    }

    private <T> Setting<T> declare(Setting<T> setting) {
        if (!setting.name().startsWith(prefix)) {
            throw new IllegalArgumentException(
                    "setting: " + setting.name() + " (expected: a name below " + prefix + ")");
        }
        if (settings.putIfAbsent(setting.name(), setting) != null) {
            throw new IllegalArgumentException("setting: " + setting.name() + " is declared twice");
        }
        if (!setting.name().endsWith(".*")) {
            setting.parse(setting.defaultText());
        }
        return setting;
    }

    private boolean knows(String key) {
        return settings.containsKey(key) || familyOf(key) != null;
    }

    private @Nullable String familyOf(String key) {
        for (String name : settings.keySet()) {
            if (name.endsWith(".*")
                    && key.length() >= name.length()
                    && key.startsWith(name.substring(0, name.length() - 1))) {
                return name;
            }
        }
        return null;
    }

    private String unknownKey(String key, SettingValue value, SettingsSchema[] others) {
        List<String> known = new ArrayList<>(settings.keySet());
        Stream.of(others).forEach(other -> known.addAll(other.settings.keySet()));
        return key + ": unknown setting (did you mean " + UnknownKey.meant(key, known) + "? given in " + value.source()
                + ")";
    }

    private static long number(String text, long least, long most, String kind) {
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("expected: " + kind, e);
        }
        throw new IllegalArgumentException("expected: " + kind);
    }

    private static Duration parseDuration(String text, String kind) {
        Matcher quantity = QUANTITY.matcher(text);
        if (quantity.matches()) {
            long amount = number(quantity.group(1), 0, Integer.MAX_VALUE, kind);
            ChronoUnit unit = switch (quantity.group(2).toLowerCase(Locale.ROOT)) {
                case "ms" -> ChronoUnit.MILLIS;
                case "s" -> ChronoUnit.SECONDS;
                case "m", "min" -> ChronoUnit.MINUTES;
                case "h" -> ChronoUnit.HOURS;
                case "d" -> ChronoUnit.DAYS;
                default -> throw new IllegalArgumentException("expected: " + kind);
            };
            return Duration.of(amount, unit);
        }
        throw new IllegalArgumentException("expected: " + kind);
    }

    private static int parseMemoryMiB(String text, int least, String kind) {
        Matcher quantity = QUANTITY.matcher(text);
        if (quantity.matches()) {
            long amount = number(quantity.group(1), 0, Integer.MAX_VALUE, kind);
            long unit = switch (quantity.group(2).toLowerCase(Locale.ROOT)) {
                case "", "m", "mb", "mib" -> 1;
                case "g", "gb", "gib" -> 1024;
                default -> 0;
            };
            if (unit > 0 && amount * unit >= least && amount * unit <= Integer.MAX_VALUE) {
                return (int) (amount * unit);
            }
        }
        throw new IllegalArgumentException("expected: " + kind);
    }

    private static String inWords(Duration duration) {
        long ms = duration.toMillis();
        if (ms % 86_400_000 == 0 && ms > 0) {
            return ms / 86_400_000 + "d";
        }
        if (ms % 3_600_000 == 0 && ms > 0) {
            return ms / 3_600_000 + "h";
        }
        if (ms % 60_000 == 0 && ms > 0) {
            return ms / 60_000 + "m";
        }
        return ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
    }
}
