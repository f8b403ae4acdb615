/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import java.util.Locale;

/** Samples in Prometheus' text form 0.0.4. Not thread-safe. */
final class MetricText {
    private final StringBuilder text = new StringBuilder();

    /** Begins a metric; its samples follow at once. */
    MetricText metric(String name, String type) {
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    /** @param labels names and values by turns */
    MetricText sample(String name, Number value, String... labels) {
        text.append(name);
        for (int i = 0; i < labels.length; i += 2) {
            text.append(i == 0 ? '{' : ',')
                    .append(labels[i])
                    .append("=\"")
                    .append(escape(labels[i + 1]))
                    .append('"');
        }
        text.append(labels.length == 0 ? " " : "} ").append(value).append('\n');
        return this;
    }

    /** A metric of one sample. */
    MetricText single(String name, String type, Number value) {
        return metric(name, type).sample(name, value);
    }

    /** A constant as a label's value. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
