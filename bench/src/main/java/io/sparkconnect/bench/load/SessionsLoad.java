/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.sparkconnect.bench.wire.Pattern;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A new session for each small call, over a few connections that stay. Each lane lives on its connection's event loop. */
final class SessionsLoad implements Load {
    private static final int LANES_PER_CONNECTION = 16;

    private final Ledger ledger;
    private final Pattern pattern;
    private final AtomicInteger left;
    private final AtomicInteger connections;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean stopped;

    private SessionsLoad(Ledger ledger, Pattern pattern, int connections, int count) {
        this.ledger = ledger;
        this.pattern = pattern;
        this.connections = new AtomicInteger(connections);
        this.left = new AtomicInteger(count);
    }

    static SessionsLoad start(Connector connector, Ledger ledger, Pattern pattern, int connections, int count) {
        SessionsLoad load = new SessionsLoad(ledger, pattern, connections, count);
        for (int i = 0; i < connections; i++) {
            connector.open(i, null, new Connector.Opened() {
                @Override
                public void connected(ClientConnection connection) {
                    load.new Lanes(connection).start();
                }

                @Override
                public void refused(Throwable cause) {
                    ledger.failed("cannot connect: " + cause.getMessage());
                    load.connectionDone();
                }
            });
        }
        return load;
    }

    @Override
    public void stop() {
        stopped = true;
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }

    private void connectionDone() {
        if (connections.decrementAndGet() == 0) {
            ended.complete(null);
        }
    }

    private final class Lanes {
        private final ClientConnection connection;
        private int busy = LANES_PER_CONNECTION;

        Lanes(ClientConnection connection) {
            this.connection = connection;
        }

        void start() {
            for (int i = 0; i < LANES_PER_CONNECTION; i++) {
                next();
            }
            connection.flush();
        }

        private void next() {
            if (stopped || left.getAndDecrement() <= 0) {
                laneDone();
                return;
            }
            long begin = System.nanoTime();
            connection.send(new UnaryCall(new Session(), pattern, ledger, (call, wrong) -> {
                if (wrong == null) {
                    ledger.completed(System.nanoTime() - begin);
                    next();
                } else {
                    ledger.failed(wrong);
                    laneDone();
                }
            }));
        }

        private void laneDone() {
            if (--busy == 0) {
                connection.close();
                connectionDone();
            }
        }
    }
}
