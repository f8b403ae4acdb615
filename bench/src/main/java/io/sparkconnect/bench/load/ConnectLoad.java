/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.sparkconnect.bench.wire.Pattern;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A new connection and a new session for each call, as short scripts do it. Latency includes the connect. */
final class ConnectLoad implements Load {
    private final Connector connector;
    private final Ledger ledger;
    private final Pattern pattern;
    private final AtomicInteger left;
    private final AtomicInteger lanes;
    private final AtomicInteger index = new AtomicInteger();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean stopped;

    private ConnectLoad(Connector connector, Ledger ledger, Pattern pattern, int concurrency, int count) {
        this.connector = connector;
        this.ledger = ledger;
        this.pattern = pattern;
        this.left = new AtomicInteger(count);
        this.lanes = new AtomicInteger(concurrency);
    }

    static ConnectLoad start(Connector connector, Ledger ledger, Pattern pattern, int concurrency, int count) {
        ConnectLoad load = new ConnectLoad(connector, ledger, pattern, concurrency, count);
        for (int i = 0; i < concurrency; i++) {
            load.next();
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

    private void next() {
        if (stopped || left.getAndDecrement() <= 0) {
            laneDone();
            return;
        }
        long begin = System.nanoTime();
        connector.open(index.getAndIncrement(), null, new Connector.Opened() {
            @Override
            public void connected(ClientConnection connection) {
                callOnce(connection, begin);
            }

            @Override
            public void refused(Throwable cause) {
                ledger.failed("cannot connect: " + cause.getMessage());
                laneDone();
            }
        });
    }

    private void callOnce(ClientConnection connection, long begin) {
        UnaryCall call = new UnaryCall(new Session(), pattern, ledger, (ended, wrong) -> {
            if (wrong == null) {
                ledger.completed(System.nanoTime() - begin);
            } else {
                ledger.failed(wrong);
            }
            connection.close();
            // On a later turn of the loop, so that many quick failures do not pile up on the stack.
            connection.loop().execute(wrong == null ? this::next : this::laneDone);
        });
        connection.send(call);
        connection.flush();
    }

    private void laneDone() {
        if (lanes.decrementAndGet() == 0) {
            ended.complete(null);
        }
    }
}
