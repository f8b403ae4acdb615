/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Snapshot;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes a registry in Prometheus' text format 0.0.4. Names already have their labels; families are kept together. */
public final class PrometheusText {
    private static final double[] QUANTILES = {0.5, 0.9, 0.99, 0.999};

    private PrometheusText() {}

    /** @param figures further gauges by name, whose labels come and go */
    public static String of(MetricRegistry registry, Map<String, Long> figures) {
        SortedMap<String, StringBuilder> families = new TreeMap<>();
        registry.getCounters()
                .forEach((name, counter) -> family(
                                families, name, familyOf(name).endsWith("_total") ? "counter" : "gauge")
                        .append(name)
                        .append(' ')
                        .append(counter.getCount())
                        .append('\n'));
        registry.getGauges().forEach((name, gauge) -> gauge(families, name, gauge));
        registry.getHistograms().forEach((name, histogram) -> histogram(families, name, histogram));
        figures.forEach((name, value) -> family(families, name, "gauge")
                .append(name)
                .append(' ')
                .append(value)
                .append('\n'));
        return String.join("", families.values());
    }

    private static void gauge(SortedMap<String, StringBuilder> families, String name, Gauge<?> gauge) {
        if (gauge.getValue() instanceof Number number) {
            family(families, name, typeOf(name))
                    .append(name)
                    .append(' ')
                    .append(number)
                    .append('\n');
        }
    }

    private static void histogram(SortedMap<String, StringBuilder> families, String name, Histogram histogram) {
        StringBuilder text = family(families, name, "summary");
        Snapshot snapshot = histogram.getSnapshot();
        for (double quantile : QUANTILES) {
            text.append(String.format(
                    Locale.ROOT, "%s{quantile=\"%s\"} %.1f%n", name, quantile, snapshot.getValue(quantile)));
        }
        text.append(name).append("_count ").append(histogram.getCount()).append('\n');
    }

    private static StringBuilder family(SortedMap<String, StringBuilder> families, String name, String type) {
        String family = familyOf(name);
        return families.computeIfAbsent(family, first -> new StringBuilder("# TYPE " + family + " " + type + "\n"));
    }

    private static String typeOf(String name) {
        return familyOf(name).endsWith("_total") ? "counter" : "gauge";
    }

    private static String familyOf(String name) {
        int labels = name.indexOf('{');
        return labels < 0 ? name : name.substring(0, labels);
    }
}
