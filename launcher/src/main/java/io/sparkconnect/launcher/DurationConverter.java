/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 500ms}, {@code 90s}, {@code 10m}, {@code 2h}, {@code 1d} as settings are written. */
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|min|h|d)");

    @Override
    public Duration convert(String text) {
        Matcher quantity = QUANTITY.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!quantity.matches()) {
            throw new TypeConversionException(
                    "'" + text + "' is not a duration (expected: 90s, 10m, 2h; units ms, s, m, h, d)");
        }
        long amount = Long.parseLong(quantity.group(1));
        return switch (quantity.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "h" -> Duration.ofHours(amount);
            case "d" -> Duration.ofDays(amount);
            default -> Duration.ofMinutes(amount);
        };
    }
}
