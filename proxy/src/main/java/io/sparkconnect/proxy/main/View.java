/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.proxy.admin.ProxyView;
import io.sparkconnect.proxy.metrics.PrometheusText;
import io.sparkconnect.proxy.metrics.ProxyMetrics;
import io.sparkconnect.proxy.route.RouterEvent;
import io.sparkconnect.proxy.route.RouterView;
import io.sparkconnect.registry.ServerDirectory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What the operator's port shows. Thread-safe. */
final class View implements ProxyView {
    private final RouterView router;
    private final MetricRegistry registry;
    private final CountDownLatch registryRead = new CountDownLatch(1);
    private volatile boolean listening;
    private volatile boolean draining;

    View(RouterView router, ServerDirectory directory, MetricRegistry registry, ProxyMetrics metrics) {
        this.router = router;
        this.registry = registry;
        directory.addListener(snapshot -> {
            if (snapshot.connected()) {
                registryRead.countDown();
            }
        });
        metrics.gauge("sessions", router::sessionCount);
        metrics.gauge("ready_servers", router::readyServers);
        metrics.gauge("waiting_streams", router::waitingStreams);
        metrics.gauge("hold_streams", router::heldStreams);
        metrics.gauge("waiting_searches", router::waitingSearches);
        metrics.gauge("unwritten_bindings", router::unwritten);
        metrics.gauge("registry_connected", () -> router.registryConnected() ? 1 : 0);
        metrics.gauge("registry_alarm", () -> router.alarm().isEmpty() ? 0 : 1);
        for (RouterEvent event : RouterEvent.values()) {
            metrics.gauge(
                    "routing_total{event=\"" + event.name().toLowerCase(Locale.ROOT) + "\"}",
                    () -> router.count(event));
        }
    }

    /** Waits until it is known which servers there are; false when that takes longer. */
    boolean awaitRegistry(Duration longest) throws InterruptedException {
        return registryRead.await(longest.toMillis(), TimeUnit.MILLISECONDS);
    }

    void listening() {
        listening = true;
    }

    void draining() {
        draining = true;
    }

    @Override
    public String notReadyBecause() {
        if (draining) {
            return "the proxy is stopping";
        }
        if (!listening) {
            return "it does not listen yet";
        }
        return registryRead.getCount() == 0 ? "" : "the registry was not read yet (ZooKeeper away?)";
    }

    @Override
    public String alarm() {
        return router.alarm();
    }

    @Override
    public List<?> servers() {
        return router.servers();
    }

    @Override
    public List<?> pools() {
        return router.pools();
    }

    @Override
    public List<?> sessions(int most) {
        return router.sessions(most);
    }

    @Override
    public String metrics() {
        return PrometheusText.of(registry, poolFigures());
    }

    private Map<String, Long> poolFigures() {
        Map<String, Long> figures = new TreeMap<>();
        for (RouterView.PoolRow row : router.pools()) {
            String label = "{pool=\"" + (row.pool().isEmpty() ? "any" : row.pool()) + "\"}";
            figures.put(ProxyMetrics.name("pool_ready_servers" + label), (long) row.ready());
            figures.put(ProxyMetrics.name("pool_starting_servers" + label), (long) row.starting());
            figures.put(ProxyMetrics.name("pool_sessions" + label), (long) row.sessions());
            figures.put(ProxyMetrics.name("pool_held_sessions" + label), (long) row.held());
        }
        return figures;
    }
}
