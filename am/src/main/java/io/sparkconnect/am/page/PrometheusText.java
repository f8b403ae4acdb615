/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceStatus;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Dropwizard's gauges and counters, and the pools' figures, in Prometheus' text form. */
final class PrometheusText {
    private PrometheusText() {}

    static String of(MetricRegistry metrics, @Nullable ServiceStatus status) {
        StringBuilder text = new StringBuilder();
        metrics.getGauges().forEach((name, gauge) -> number(text, name, "gauge", gauge));
        for (Map.Entry<String, Counter> counter : metrics.getCounters().entrySet()) {
            sample(text, name(counter.getKey()), "counter", counter.getValue().getCount());
        }
        if (status != null) {
            pools(text, status, "desired", PoolStatus::desired);
            pools(text, status, "ready", PoolStatus::ready);
            pools(text, status, "starting", PoolStatus::starting);
            pools(text, status, "draining", PoolStatus::draining);
            pools(text, status, "sessions", PoolStatus::sessions);
            pools(text, status, "restarts", PoolStatus::restarts);
            sample(text, "sparkconnect_am_attempt", "gauge", status.attempt());
            sample(text, "sparkconnect_am_spec_generation", "gauge", status.generation());
        }
        return text.toString();
    }

    private static void pools(
            StringBuilder text, ServiceStatus status, String what, ToLongFunction<PoolStatus> figure) {
        String name = "sparkconnect_pool_" + what;
        text.append("# TYPE ").append(name).append(" gauge\n");
        new TreeMap<>(status.pools())
                .forEach((pool, counts) -> text.append(name)
                        .append("{pool=\"")
                        .append(pool.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"))
                        .append("\"} ")
                        .append(figure.applyAsLong(counts))
                        .append('\n'));
    }

    private static void number(StringBuilder text, String name, String type, Gauge<?> gauge) {
        if (gauge.getValue() instanceof Number value) {
            sample(text, name(name), type, value);
        }
    }

    private static void sample(StringBuilder text, String name, String type, Number value) {
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        text.append(name).append(' ').append(value).append('\n');
    }

    private static String name(String dotted) {
        return dotted.replaceAll("[^A-Za-z0-9_]", "_");
    }
}
