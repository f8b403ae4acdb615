/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A load over connections that stay until it ends. What a connection does lives on its event loop. */
abstract class ConnectionsLoad implements Load {
    final Ledger ledger;
    private final AtomicInteger openConnections;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean stopped;

    ConnectionsLoad(Ledger ledger, int connections) {
        this.ledger = ledger;
        this.openConnections = new AtomicInteger(connections);
    }

    /** A connection is there; on its event loop. Whoever takes it gives it back to {@link #done}. */
    abstract void begin(ClientConnection connection, int index);

    /** Opens all connections. To be called once. */
    final void connect(Connector connector) {
        int connections = openConnections.get();
        for (int i = 0; i < connections; i++) {
            int index = i;
            connector.open(index, null, new Connector.Opened() {
                @Override
                public void connected(ClientConnection connection) {
                    begin(connection, index);
                }

                @Override
                public void refused(Throwable cause) {
                    ledger.failed("cannot connect: " + cause.getMessage());
                    oneLess();
                }
            });
        }
    }

    final void done(ClientConnection connection) {
        connection.close();
        oneLess();
    }

    final boolean isStopped() {
        return stopped;
    }

    @Override
    public final void stop() {
        stopped = true;
    }

    @Override
    public final CompletableFuture<Void> ended() {
        return ended;
    }

    private void oneLess() {
        if (openConnections.decrementAndGet() == 0) {
            ended.complete(null);
        }
    }
}
