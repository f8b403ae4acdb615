/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.sparkconnect.bench.wire.Pattern;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The promise itself: one session, one server, whichever connection and source address (127.0.0.2, .3, …) a call comes
 * from. Driven by the measuring thread, which waits.
 */
public final class Roaming {
    private static final long PATIENCE_SECONDS = 30;

    /** Sessions that saw more than one server, and how many sessions each server has. */
    public record Outcome(int sessions, int brokenSessions, Map<String, Integer> sessionsPerServer) {}

    private final Connector connector;
    private final Pattern pattern;
    private final Ledger ledger;

    Roaming(Connector connector, Pattern pattern, Ledger ledger) {
        this.connector = connector;
        this.pattern = pattern;
        this.ledger = ledger;
    }

    Outcome run(int connectionCount, int sessionCount, int callsPerSession) {
        List<ClientConnection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < connectionCount; i++) {
                connections.add(connector
                        .open(i, new InetSocketAddress("127.0.0." + (2 + i), 0))
                        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .join());
            }
            return roam(connections, sessionCount, callsPerSession);
        } finally {
            connections.forEach(connection -> connection.loop().execute(connection::close));
        }
    }

    private Outcome roam(List<ClientConnection> connections, int sessionCount, int callsPerSession) {
        int broken = 0;
        Map<String, Integer> perServer = new TreeMap<>();
        for (int s = 0; s < sessionCount; s++) {
            Session session = new Session();
            long straysBefore = ledger.strays();
            for (int c = 0; c < callsPerSession; c++) {
                call(connections.get((s + c) % connections.size()), session);
            }
            broken += ledger.strays() > straysBefore ? 1 : 0;
            perServer.merge(session.server(), 1, Integer::sum);
        }
        return new Outcome(sessionCount, broken, perServer);
    }

    private void call(ClientConnection connection, Session session) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        connection.loop().execute(() -> {
            connection.send(new UnaryCall(session, pattern, ledger, (call, wrong) -> {
                if (wrong != null) {
                    ledger.failed(wrong);
                }
                done.complete(wrong == null);
            }));
            connection.flush();
        });
        done.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }
}
