/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import com.codahale.metrics.MetricRegistry;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sparkconnect.am.core.JoinVerdict;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.launch.ServerSecrets;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryDataException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The AM's HTTP server, on a few threads of its own. Thread-safe. */
public final class AmHttpServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AmHttpServer.class);
    private static final String JOIN = "/agent/join/";
    private static final int THREADS = 8;
    private static final int MOST_BODY_BYTES = 64 * 1024;

    private final HttpServer server;
    private final ExecutorService threads;
    private final ServerSecrets secrets;
    private final Joins joins;
    private final MetricRegistry metrics;
    private final BooleanSupplier healthy;
    private final LongSupplier clock;
    private final String service;
    private volatile @Nullable Outlook shown;

    /**
     * Binds at once.
     *
     * @param port 0 for any free one
     * @param healthy whether the core's loop turns
     * @throws IOException when the port cannot be bound
     */
    public AmHttpServer(
            int port,
            String service,
            ServerSecrets secrets,
            Joins joins,
            MetricRegistry metrics,
            BooleanSupplier healthy,
            LongSupplier clock)
            throws IOException {
        this.service = service;
        this.secrets = secrets;
        this.joins = joins;
        this.metrics = metrics;
        this.healthy = healthy;
        this.clock = clock;
        this.server = bound(port);
        AtomicInteger count = new AtomicInteger();
        this.threads = Executors.newFixedThreadPool(THREADS, runnable -> {
            Thread thread = new Thread(runnable, "am-http-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private static HttpServer bound(int port) throws IOException {
        try {
            return HttpServer.create(new InetSocketAddress(port), 0);
        } catch (BindException e) {
            throw new IOException(
                    "sparkconnect.am.port: " + port + " is taken on this node (expected: 0 for any free one): "
                            + e.getMessage(),
                    e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** What the page shows from now on. */
    public void show(Outlook outlook) {
        shown = outlook;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                route(exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                answer(exchange, 503, "text/plain", "stopping\n");
            } catch (RuntimeException e) {
                LOG.error("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
                answer(exchange, 500, "text/plain", "internal error; see the ApplicationMaster's log\n");
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException, InterruptedException {
        String path = exchange.getRequestURI().getPath();
        if (path.startsWith(JOIN)) {
            join(exchange, path.substring(JOIN.length()));
            return;
        }
        if (!exchange.getRequestMethod().equals("GET")
                && !exchange.getRequestMethod().equals("HEAD")) {
            answer(exchange, 405, "text/plain", "GET only\n");
            return;
        }
        Outlook outlook = shown;
        switch (path) {
            case "/" -> answer(exchange, 200, "text/html", StatusPage.of(service, outlook, clock.getAsLong()));
            case "/status.json" -> {
                if (outlook == null) {
                    answer(exchange, 503, "application/json", "{\"state\":\"STARTING\"}");
                } else {
                    answer(exchange, 200, "application/json", JsonCodec.encodePretty(outlook.live()));
                }
            }
            case "/metrics" -> answer(exchange, 200, "text/plain; version=0.0.4", PrometheusText.of(metrics, outlook));
            case "/healthz" -> {
                boolean well = healthy.getAsBoolean();
                answer(exchange, well ? 200 : 503, "text/plain", well ? "ok\n" : "the core's loop stands still\n");
            }
            default -> answer(exchange, 404, "text/plain", "not found\n");
        }
    }

    private void join(HttpExchange exchange, String serverId) throws IOException, InterruptedException {
        if (!exchange.getRequestMethod().equals("PUT")) {
            answer(exchange, 405, "text/plain", "PUT only\n");
            return;
        }
        byte[] json = exchange.getRequestBody().readNBytes(MOST_BODY_BYTES + 1);
        if (json.length > MOST_BODY_BYTES) {
            answer(exchange, 413, "text/plain", "too large\n");
            return;
        }
        JoinBody body;
        try {
            body = JsonCodec.decode(json, JoinBody.class, "the join");
        } catch (RegistryDataException e) {
            answer(exchange, 400, "text/plain", "no join\n");
            return;
        }
        String secret = body.secret();
        if (secret == null || !secrets.matches(serverId, secret)) {
            LOG.warn("server={} from={}: joined with a wrong secret", serverId, exchange.getRemoteAddress());
            answer(exchange, 403, "text/plain", "wrong secret\n");
            return;
        }
        String mistake = body.mistake(serverId);
        if (mistake != null) {
            answer(exchange, 400, "text/plain", mistake + "\n");
            return;
        }
        JoinVerdict verdict = joins.ask(body.toRequest(serverId));
        LOG.info("server={} instance={} joins: {}", serverId, body.instanceId(), verdict);
        switch (verdict) {
            case WELCOME -> answer(exchange, 200, "text/plain", "welcome\n");
            case UNWANTED -> answer(exchange, 410, "text/plain", "not wanted (any more)\n");
            case NOT_YET -> answer(exchange, 503, "text/plain", "come again\n");
        }
    }

    private static void answer(HttpExchange exchange, int code, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type.contains("charset") ? type : type + "; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.getResponseHeaders().set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(code, -1);
            return;
        }
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
