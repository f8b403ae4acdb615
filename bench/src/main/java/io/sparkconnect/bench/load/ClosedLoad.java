/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of calls under way on each connection: the end of one starts the next. A call that fails is not
 * repeated, so a broken peer is not stormed. Each slot lives on its connection's event loop.
 */
final class ClosedLoad implements Load {
    /** Makes the call that a slot repeats. */
    interface CallFactory {
        Call create(Session session, Call.Listener listener);
    }

    private final Ledger ledger;
    private final AtomicInteger openConnections;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean stopped;

    private ClosedLoad(Ledger ledger, int connections) {
        this.ledger = ledger;
        this.openConnections = new AtomicInteger(connections);
    }

    static ClosedLoad start(Connector connector, Ledger ledger, int connections, int inFlight, CallFactory factory) {
        ClosedLoad load = new ClosedLoad(ledger, connections);
        for (int i = 0; i < connections; i++) {
            connector.open(i, null, new Connector.Opened() {
                @Override
                public void connected(ClientConnection connection) {
                    load.new Slots(connection, inFlight).start(factory);
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
        if (openConnections.decrementAndGet() == 0) {
            ended.complete(null);
        }
    }

    /** The calls of one connection, all of one session. */
    private final class Slots implements Call.Listener {
        private final ClientConnection connection;
        private final Session session = new Session();
        private int busy;

        Slots(ClientConnection connection, int inFlight) {
            this.connection = connection;
            this.busy = inFlight;
        }

        void start(CallFactory factory) {
            int count = busy;
            for (int i = 0; i < count; i++) {
                send(factory.create(session, this));
            }
            connection.flush();
        }

        private void send(Call call) {
            call.intendedNanos = System.nanoTime();
            connection.send(call);
        }

        @Override
        public void ended(Call call, @Nullable String failure) {
            if (failure == null) {
                ledger.completed(System.nanoTime() - call.intendedNanos);
                if (!stopped && connection.isOpen()) {
                    send(call);
                    return;
                }
            } else {
                ledger.failed(failure);
            }
            if (--busy == 0) {
                connection.close();
                connectionDone();
            }
        }
    }
}
