/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ScalingStatus;
import io.sparkconnect.registry.ServiceStatus;
import java.util.Locale;
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
            scaling(text, status, "needed", ScalingStatus::needed);
            scaling(text, status, "room", ScalingStatus::room);
            scaling(text, status, "held_sessions", ScalingStatus::held);
            scaling(text, status, "pending_asks", ScalingStatus::pendingAsks);
            limits(text, status);
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
                        .append(label(pool))
                        .append("\"} ")
                        .append(figure.applyAsLong(counts))
                        .append('\n'));
    }

    /** Figures that only pools have whose size follows their load. */
    private static void scaling(
            StringBuilder text, ServiceStatus status, String what, ToLongFunction<ScalingStatus> figure) {
        String name = "sparkconnect_pool_" + what;
        text.append("# TYPE ").append(name).append(" gauge\n");
        new TreeMap<>(status.pools()).forEach((pool, counts) -> {
            ScalingStatus scaling = counts.scaling();
            if (scaling != null) {
                text.append(name)
                        .append("{pool=\"")
                        .append(label(pool))
                        .append("\"} ")
                        .append(figure.applyAsLong(scaling))
                        .append('\n');
            }
        });
    }

    /** What keeps each pool from what it needs: 1 for what does, 0 for what does not, so that an alert can name it. */
    private static void limits(StringBuilder text, ServiceStatus status) {
        text.append("# TYPE sparkconnect_pool_limited gauge\n");
        new TreeMap<>(status.pools()).forEach((pool, counts) -> {
            ScalingStatus scaling = counts.scaling();
            if (scaling != null) {
                for (ScalingStatus.Limit limit : ScalingStatus.Limit.values()) {
                    text.append("sparkconnect_pool_limited{pool=\"")
                            .append(label(pool))
                            .append("\",by=\"")
                            .append(limit.name().toLowerCase(Locale.ROOT))
                            .append("\"} ")
                            .append(limit == scaling.limit() ? 1 : 0)
                            .append('\n');
                }
            }
        });
    }

    private static String label(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
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
