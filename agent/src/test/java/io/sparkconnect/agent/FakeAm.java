/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An ApplicationMaster on a real socket that answers every join with the same status and keeps what was said. */
final class FakeAm implements AutoCloseable {
    final List<String> joins = new CopyOnWriteArrayList<>();
    volatile int status = 200;
    private final HttpServer server;

    FakeAm() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            try (exchange) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                joins.add(exchange.getRequestMethod() + " "
                        + exchange.getRequestURI().getPath() + " " + body);
                exchange.sendResponseHeaders(status, -1);
            }
        });
        server.start();
    }

    URI url() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
