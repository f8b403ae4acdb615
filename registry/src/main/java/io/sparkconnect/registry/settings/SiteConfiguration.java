/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A configuration gathered from files in the form of Hadoop's {@code *-site.xml} and from the command line, by Hadoop's
 * rules: later files win unless an earlier one said {@code <final>}; the command line wins over all; {@code ${…}} is
 * replaced by a system property or another key of that name, {@code ${env.NAME}} by the environment (with
 * {@code ${env.NAME-default}} where it is unset, {@code ${env.NAME:-default}} where it is unset or empty); what nobody
 * defines stays as it is. Not thread-safe.
 */
public final class SiteConfiguration {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^{}$\\s]+)}");
    private static final String ENVIRONMENT = "env.";

    private final Function<String, @Nullable String> systemProperties;
    private final Function<String, @Nullable String> environment;
    private final Map<String, SettingValue> raw = new LinkedHashMap<>();
    private final Set<String> finals = new LinkedHashSet<>();
    private final List<String> mistakes = new ArrayList<>();

    /** The functions answer null where nothing is set. */
    public SiteConfiguration(
            Function<String, @Nullable String> systemProperties, Function<String, @Nullable String> environment) {
        this.systemProperties = systemProperties;
        this.environment = environment;
    }

    /** With this process's system properties and environment. */
    public static SiteConfiguration ofProcess() {
        return new SiteConfiguration(System::getProperty, System::getenv);
    }

    /** Adds a file; what is wrong with it is said by {@link #values}. */
    public SiteConfiguration addFile(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Set<String> finalHere = new LinkedHashSet<>();
            for (SiteFile.Property property : SiteFile.read(file.toString(), in, mistakes)) {
                if (finals.contains(property.name())) {
                    continue;
                }
                String source = file + ", line " + property.line();
                raw.put(property.name(), new SettingValue(property.value(), source));
                if (property.isFinal()) {
                    finalHere.add(property.name());
                }
            }
            finals.addAll(finalHere);
        } catch (IOException e) {
            mistakes.add(file + ": cannot be read (" + e + ")");
        }
        return this;
    }

    /** Sets one key over everything before, final or not. */
    public SiteConfiguration set(String name, String value, String source) {
        raw.put(name, new SettingValue(value, source));
        return this;
    }

    /**
     * Everything with its variables replaced, for {@link SettingsSchema#read}.
     *
     * @throws SettingsException with every mistake in the files
     */
    public Map<String, SettingValue> values() throws SettingsException {
        List<String> wrong = new ArrayList<>(mistakes);
        Map<String, SettingValue> values = new LinkedHashMap<>();
        raw.forEach((name, value) -> {
            try {
                String text = expanded(value.text(), new LinkedHashSet<>(Set.of(name)));
                values.put(name, new SettingValue(text, value.source()));
            } catch (CircleException e) {
                wrong.add(name + ": " + e.getMessage() + " (given in " + value.source() + ")");
            }
        });
        if (!wrong.isEmpty()) {
            throw new SettingsException(wrong);
        }
        return values;
    }

    /** @param within keys whose values are being replaced */
    private String expanded(String text, Set<String> within) throws CircleException {
        Matcher variable = VARIABLE.matcher(text);
        StringBuilder result = new StringBuilder();
        int copied = 0;
        while (variable.find()) {
            String replacement = replacement(variable.group(1), within);
            result.append(text, copied, variable.start()).append(replacement == null ? variable.group() : replacement);
            copied = variable.end();
        }
        return result.append(text, copied, text.length()).toString();
    }

    private @Nullable String replacement(String name, Set<String> within) throws CircleException {
        if (name.startsWith(ENVIRONMENT)) {
            return fromEnvironment(name.substring(ENVIRONMENT.length()));
        }
        String property = systemProperties.apply(name);
        if (property != null) {
            return property;
        }
        SettingValue other = raw.get(name);
        if (other == null) {
            return null;
        }
        if (!within.add(name)) {
            throw new CircleException("${" + name + "} leads back to itself: " + String.join(" → ", within));
        }
        String text = expanded(other.text(), within);
        within.remove(name);
        return text;
    }

    private @Nullable String fromEnvironment(String expression) {
        int dash = expression.indexOf('-');
        if (dash < 0) {
            return environment.apply(expression);
        }
        boolean alsoWhenEmpty = dash > 0 && expression.charAt(dash - 1) == ':';
        String value = environment.apply(expression.substring(0, alsoWhenEmpty ? dash - 1 : dash));
        boolean given = value != null && !(alsoWhenEmpty && value.isEmpty());
        return given ? value : expression.substring(dash + 1);
    }

    private static final class CircleException extends Exception {
        CircleException(String message) {
            super(message);
        }
    }
}
