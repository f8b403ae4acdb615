/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import org.jspecify.annotations.Nullable;

/**
 * A fixed number of calls under way on each connection: the end of one starts the next. A call that fails is not
 * repeated, so a broken peer is not stormed. Each slot lives on its connection's event loop.
 */
final class ClosedLoad extends ConnectionsLoad {
    /** Makes the call that a slot repeats. */
    interface CallFactory {
        Call create(Session session, Call.Listener listener);
    }

    private final int inFlight;
    private final CallFactory factory;

    private ClosedLoad(Ledger ledger, int connections, int inFlight, CallFactory factory) {
        super(ledger, connections);
        this.inFlight = inFlight;
        this.factory = factory;
    }

    static ClosedLoad start(Connector connector, Ledger ledger, int connections, int inFlight, CallFactory factory) {
        ClosedLoad load = new ClosedLoad(ledger, connections, inFlight, factory);
        load.connect(connector);
        return load;
    }

    @Override
    void begin(ClientConnection connection, int index) {
        new Slots(connection).start();
    }

    /** The calls of one connection, all of one session. */
    private final class Slots implements Call.Listener {
        private final ClientConnection connection;
        private final Session session = new Session();
        private int busy = inFlight;

        Slots(ClientConnection connection) {
            this.connection = connection;
        }

        void start() {
            for (int i = 0; i < inFlight; i++) {
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
                if (!isStopped() && connection.isOpen()) {
                    send(call);
                    return;
                }
            } else {
                ledger.failed(failure);
            }
            if (--busy == 0) {
                done(connection);
            }
        }
    }
}
