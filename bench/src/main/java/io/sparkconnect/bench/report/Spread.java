/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import java.util.Collection;
import java.util.List;

/** Median, least and greatest of some figures. */
public record Spread(double median, double min, double max) {
    /** Of at least one figure; of an even number the median is the mean of the middle two. */
    public static Spread of(Collection<Double> figures) {
        if (figures.isEmpty()) {
            throw new IllegalArgumentException("figures: none (expected: at least one)");
        }
        List<Double> sorted = figures.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Spread(median, sorted.get(0), sorted.get(sorted.size() - 1));
    }
}
