/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the ApplicationMaster over the JDK's HTTP server on a port of the system's choice. Every request must carry the
 * container's secret. Handlers run on a few daemon threads of its own and never wait for Spark.
 */
final class AgentEndpoint {
    /** What the AM may ask for. */
    interface Handler {
        String health();

        void drain(boolean draining);

        void stop(Duration grace);
    }

    private static final Logger LOG = LoggerFactory.getLogger(AgentEndpoint.class);
    private static final int THREADS = 8;
    private static final long DEFAULT_GRACE_MILLIS = 0;
    private static final long LONGEST_GRACE_MILLIS = Duration.ofHours(1).toMillis();

    private final ContainerSecret secret;
    private final Contact contact;
    private final Handler handler;
    private final HttpServer server;

    private AgentEndpoint(ContainerSecret secret, Contact contact, Handler handler, HttpServer server) {
        this.secret = secret;
        this.contact = contact;
        this.handler = handler;
        this.server = server;
    }

    static AgentEndpoint start(String nodeHost, ContainerSecret secret, Contact contact, Handler handler)
            throws IOException {
        // Without it a peer that connects and says nothing holds a thread for ever. Seconds; read once per JVM.
        setIfAbsent("sun.net.httpserver.maxReqTime", "20");
        setIfAbsent("sun.net.httpserver.maxRspTime", "20");
        HttpServer server = HttpServer.create(bindAddress(nodeHost), 0);
        AgentEndpoint endpoint = new AgentEndpoint(secret, contact, handler, server);
        server.createContext("/", endpoint::handle);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS, THREADS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), DaemonThreads.named("http"));
        threads.allowCoreThreadTimeOut(true);
        server.setExecutor(threads);
        startAsDaemon(server);
        return endpoint;
    }

    /**
     * Bound to the node's own address where that is known. On many systems a node's name leads to its loopback address
     * when it is looked up on the node itself; there the AM, which looks it up elsewhere, could not reach it.
     */
    private static InetSocketAddress bindAddress(String nodeHost) throws IOException {
        InetAddress address = InetAddress.getByName(nodeHost);
        boolean namesLoopback = nodeHost.equals("localhost") || nodeHost.equals(address.getHostAddress());
        if (address.isLoopbackAddress() && !namesLoopback) {
            LOG.info("{} is {} on this node; the agent listens on all interfaces.", nodeHost, address);
            return new InetSocketAddress(0);
        }
        return new InetSocketAddress(address, 0);
    }

    /** The server's dispatcher thread inherits being a daemon from the thread that starts it. */
    private static void startAsDaemon(HttpServer server) {
        Thread starter = DaemonThreads.named("starter").newThread(server::start);
        starter.start();
        boolean interrupted = false;
        while (starter.isAlive()) {
            try {
                starter.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** For tests: a server's endpoint lives as long as its process. */
    void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!secret.isCarriedBy(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
                answer(exchange, 401, error("Authorization: Bearer <secret of this container> is missing or wrong"));
                return;
            }
            contact.made();
            route(exchange);
        } catch (RuntimeException e) {
            LOG.warn("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/v1/health" -> when(exchange, "GET", () -> new Reply(200, handler.health()));
            case "/v1/drain" -> when(exchange, "POST", () -> drain(true));
            case "/v1/undrain" -> when(exchange, "POST", () -> drain(false));
            case "/v1/stop" ->
                when(exchange, "POST", () -> stop(exchange.getRequestURI().getQuery()));
            default -> answer(exchange, 404, error("no such path: " + path));
        }
    }

    private record Reply(int status, String body) {}

    private static void when(HttpExchange exchange, String method, Supplier<Reply> reply) throws IOException {
        if (!exchange.getRequestMethod().equals(method)) {
            exchange.getResponseHeaders().set("Allow", method);
            answer(exchange, 405, error("method " + exchange.getRequestMethod() + " (expected: " + method + ")"));
            return;
        }
        Reply made = reply.get();
        answer(exchange, made.status(), made.body());
    }

    private Reply drain(boolean draining) {
        handler.drain(draining);
        return new Reply(200, new JsonObject().put("draining", draining).toString());
    }

    private Reply stop(@Nullable String query) {
        long graceMillis;
        try {
            graceMillis = graceMillis(query == null ? "" : query);
        } catch (NumberFormatException e) {
            return new Reply(400, error("graceMs in '" + query + "' (expected: 0 to " + LONGEST_GRACE_MILLIS + " ms)"));
        }
        handler.stop(Duration.ofMillis(graceMillis));
        return new Reply(202, new JsonObject().put("stopping", true).toString());
    }

    private static long graceMillis(String query) {
        for (String parameter : query.split("&", -1)) {
            if (parameter.startsWith("graceMs=")) {
                long millis = Long.parseLong(parameter.substring("graceMs=".length()));
                if (millis < 0 || millis > LONGEST_GRACE_MILLIS) {
                    throw new NumberFormatException("out of range: " + millis);
                }
                return millis;
            }
        }
        return DEFAULT_GRACE_MILLIS;
    }

    private static String error(String text) {
        return new JsonObject().put("error", text).toString();
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
