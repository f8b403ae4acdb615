/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.sparkconnect.bench.wire.Pattern;
import java.util.concurrent.atomic.AtomicInteger;

/** A new session for each small call, over a few connections that stay. Each lane lives on its connection's event loop. */
final class SessionsLoad extends ConnectionsLoad {
    private static final int LANES_PER_CONNECTION = 16;

    private final Pattern pattern;
    private final AtomicInteger left;

    private SessionsLoad(Ledger ledger, Pattern pattern, int connections, int count) {
        super(ledger, connections);
        this.pattern = pattern;
        this.left = new AtomicInteger(count);
    }

    static SessionsLoad start(Connector connector, Ledger ledger, Pattern pattern, int connections, int count) {
        SessionsLoad load = new SessionsLoad(ledger, pattern, connections, count);
        load.connect(connector);
        return load;
    }

    @Override
    void begin(ClientConnection connection, int index) {
        new Lanes(connection).start();
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
            if (isStopped() || left.getAndDecrement() <= 0) {
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
                done(connection);
            }
        }
    }
}
