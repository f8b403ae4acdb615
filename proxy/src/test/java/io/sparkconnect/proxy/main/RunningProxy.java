/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static java.util.Objects.requireNonNull;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.PublishedFleet;
import io.sparkconnect.registry.settings.SettingValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The whole proxy in the test's process, in front of servers on loopback; seen as an operator sees it. */
public final class RunningProxy implements AutoCloseable {
    private final ProxyServer server;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ManagedChannel> clients = new ArrayList<>();

    private RunningProxy(ProxyServer server) {
        this.server = server;
    }

    /**
     * Stand-alone.
     *
     * @param settings keys without {@code sparkconnect.proxy.}
     */
    public static RunningProxy inFrontOf(Map<String, String> settings, int... serverPorts) throws Exception {
        Map<String, String> given = prefixed(settings);
        given.put(
                "sparkconnect.proxy.servers",
                Arrays.stream(serverPorts).mapToObj(port -> "127.0.0.1:" + port).collect(Collectors.joining(",")));
        return start(given);
    }

    /** Stand-alone, with keys without {@code sparkconnect.proxy.}, the servers among them. */
    public static RunningProxy standAlone(Map<String, String> settings) throws Exception {
        return start(prefixed(settings));
    }

    /**
     * In front of the servers that the fleet publishes.
     *
     * @param settings keys without {@code sparkconnect.proxy.}
     */
    public static RunningProxy inFrontOf(PublishedFleet fleet, Map<String, String> settings) throws Exception {
        Map<String, String> given = prefixed(settings);
        given.putAll(fleet.settings());
        return start(given);
    }

    private static Map<String, String> prefixed(Map<String, String> settings) {
        Map<String, String> given = new HashMap<>();
        settings.forEach((key, value) -> given.put("sparkconnect.proxy." + key, value));
        return given;
    }

    private static RunningProxy start(Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of(
                "sparkconnect.proxy.listen", "127.0.0.1:0",
                "sparkconnect.proxy.admin.listen", "127.0.0.1:0",
                "sparkconnect.proxy.drain.timeout", "0s",
                "sparkconnect.proxy.threads", "1"));
        all.putAll(settings);
        Map<String, SettingValue> given = new HashMap<>();
        all.forEach((key, value) -> given.put(key, new SettingValue(value, "test")));
        return new RunningProxy(ProxyServer.start(Configuration.of(given)));
    }

    public InetSocketAddress address() {
        return server.addresses().get(0);
    }

    public int port() {
        return address().getPort();
    }

    /** A client connection of its own; closed with the proxy. */
    public ManagedChannel newClient() {
        ManagedChannel client = NettyChannelBuilder.forAddress(address())
                .usePlaintext()
                .maxInboundMessageSize(256 << 20)
                .disableRetry()
                .build();
        clients.add(client);
        return client;
    }

    /** How often a limit was hit. */
    public long hits(Limit limit) {
        return metric("limit_hits_total{limit=\"" + limit.name().toLowerCase(Locale.ROOT) + "\"}");
    }

    /** The figure of that name, labels included, as /metrics shows it; 0 when there is none yet. */
    public long metric(String name) {
        String wanted = "sparkconnect_proxy_" + name + " ";
        return page("/metrics")
                .lines()
                .filter(line -> line.startsWith(wanted))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(wanted.length())))
                .findFirst()
                .orElse(0);
    }

    /** The page of the sessions that are bound. */
    public String sessions() {
        return page("/sessions");
    }

    private String page(String path) {
        URI uri = URI.create(
                "http://127.0.0.1:" + requireNonNull(server.adminAddress()).getPort() + path);
        try {
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (ManagedChannel client : clients) {
            client.shutdownNow();
            client.awaitTermination(10, TimeUnit.SECONDS);
        }
        server.close();
    }
}
