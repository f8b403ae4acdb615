/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.LockFreeExponentiallyDecayingReservoir;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.proxy.pool.Lane;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Counts traffic. Names are those of Prometheus, labels included, such as
 * {@code sparkconnect_proxy_streams_total{method="Config",status="0"}}.
 */
public final class ProxyMetrics implements TrafficWatcher {
    private static final String PREFIX = "sparkconnect_proxy_";

    /** gRPC's own codes end at 16; what a server makes up beyond shares one series. */
    private static final int MOST_STATUS = 17;

    /** Methods with a label of their own. What clients send is not to be trusted: each new word would be a new series. */
    private static final Set<String> METHODS = Set.of(
            "ExecutePlan",
            "AnalyzePlan",
            "Config",
            "AddArtifacts",
            "ArtifactStatus",
            "Interrupt",
            "ReattachExecute",
            "ReleaseExecute",
            "ReleaseSession",
            "FetchErrorDetails",
            "CloneSession",
            "GetStatus");

    private final MetricRegistry registry;
    private final Consumer<StreamReport> accessLog;
    private final Counter clients;
    private final Counter clientsEver;
    private final Counter heldBack;
    private final Counter servers;
    private final Counter serversEver;
    private final Counter streams;
    private final Counter held;
    private final Counter replays;
    private final Counter bytesIn;
    private final Counter bytesOut;
    private final Histogram controlMicros;

    /** Every stream ends: its counter's name is not to be put together each time. */
    private final Map<Ending, Counter> endings = new ConcurrentHashMap<>();

    /** @param accessLog gets every stream's report when it has ended, on the stream's loop */
    public ProxyMetrics(MetricRegistry registry, Consumer<StreamReport> accessLog) {
        this.registry = registry;
        this.accessLog = accessLog;
        this.clients = registry.counter(PREFIX + "client_connections");
        this.clientsEver = registry.counter(PREFIX + "client_connections_total");
        this.heldBack = registry.counter(PREFIX + "client_connections_held_back_total");
        this.servers = registry.counter(PREFIX + "server_connections");
        this.serversEver = registry.counter(PREFIX + "server_connections_total");
        this.streams = registry.counter(PREFIX + "streams");
        this.held = registry.counter(PREFIX + "held_streams");
        this.replays = registry.counter(PREFIX + "replayed_streams_total");
        this.bytesIn = registry.counter(PREFIX + "request_bytes_total");
        this.bytesOut = registry.counter(PREFIX + "response_bytes_total");
        this.controlMicros = registry.histogram(
                PREFIX + "control_stream_micros",
                () -> new Histogram(
                        LockFreeExponentiallyDecayingReservoir.builder().build()));
    }

    /** A figure that is asked for when somebody looks. */
    public void gauge(String name, LongSupplier value) {
        registry.register(PREFIX + name, (Gauge<Long>) value::getAsLong);
    }

    /** The full name of a figure of ours. */
    public static String name(String name) {
        return PREFIX + name;
    }

    public long clientConnections() {
        return clients.getCount();
    }

    public long openStreams() {
        return streams.getCount();
    }

    public long heldStreams() {
        return held.getCount();
    }

    @Override
    public void clientConnected() {
        clients.inc();
        clientsEver.inc();
    }

    @Override
    public void clientDisconnected() {
        clients.dec();
    }

    @Override
    public void clientRefused(String why) {
        registry.counter(PREFIX + "refused_total{why=\"" + why + "\"}").inc();
    }

    @Override
    public void clientHeldBack() {
        heldBack.inc();
    }

    @Override
    public void streamStarted() {
        streams.inc();
    }

    @Override
    public void streamEnded(StreamReport report) {
        streams.dec();
        bytesIn.inc(report.bytesIn());
        bytesOut.inc(report.bytesOut());
        String method = METHODS.contains(report.method()) ? report.method() : "other";
        endings.computeIfAbsent(
                        new Ending(method, Math.min(report.grpcStatus(), MOST_STATUS), report.reason()),
                        this::endingCounter)
                .inc();
        if (Lane.of(report.method()) == Lane.CONTROL) {
            controlMicros.update(report.nanos() / 1000);
        }
        accessLog.accept(report);
    }

    private Counter endingCounter(Ending ending) {
        String status = ending.status() < 0 ? "none" : Integer.toString(ending.status());
        return registry.counter(PREFIX + "streams_total{method=\"" + ending.method() + "\",status=\"" + status
                + "\",reason=\"" + ending.reason() + "\"}");
    }

    /** How a stream ended, as far as it has a series of its own. */
    private record Ending(String method, int status, String reason) {}

    @Override
    public void held() {
        held.inc();
    }

    @Override
    public void unheld() {
        held.dec();
    }

    @Override
    public void replayed() {
        replays.inc();
    }

    @Override
    public void serverConnected() {
        servers.inc();
        serversEver.inc();
    }

    @Override
    public void serverDisconnected() {
        servers.dec();
    }

    @Override
    public void reset(String by) {
        registry.counter(PREFIX + "resets_total{by=\"" + by + "\"}").inc();
    }
}
