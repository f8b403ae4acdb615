/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.EventLoop;
import io.sparkconnect.bench.wire.Pattern;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Small calls at fixed times. Each connection has its own share of the times and its own timer, on its event loop. Latency
 * runs from the intended time, so a stall is charged to all calls that it delayed; how late the timer itself was is kept
 * apart, because no peer is to blame for that.
 */
final class RateLoad implements Load {
    private static final int MAX_UNDER_WAY = 10_000;
    private static final long HEAD_START = TimeUnit.MILLISECONDS.toNanos(50);

    private final Ledger ledger;
    private final Pattern pattern;
    private final AtomicInteger openConnections;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean stopped;

    private RateLoad(Ledger ledger, Pattern pattern, int connections) {
        this.ledger = ledger;
        this.pattern = pattern;
        this.openConnections = new AtomicInteger(connections);
    }

    static RateLoad start(Connector connector, Ledger ledger, Pattern pattern, int connections, int perSecond) {
        RateLoad load = new RateLoad(ledger, pattern, connections);
        long interval = TimeUnit.SECONDS.toNanos(1) / perSecond;
        // Far enough ahead that all connections are there when the first call is due.
        long begin = System.nanoTime() + HEAD_START;
        for (int i = 0; i < connections; i++) {
            long first = begin + i * interval;
            connector.open(i, null, new Connector.Opened() {
                @Override
                public void connected(ClientConnection connection) {
                    load.new Ticks(connection, first, connections * interval).arm();
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

    /** The intended times of one connection. */
    private final class Ticks implements Call.Listener {
        private final ClientConnection connection;
        private final EventLoop loop;
        private final Session session = new Session();
        private final long interval;
        private long next;
        private int underWay;
        private boolean over;

        Ticks(ClientConnection connection, long first, long interval) {
            this.connection = connection;
            this.loop = connection.loop();
            this.next = first;
            this.interval = interval;
        }

        @SuppressWarnings("FutureReturnValueIgnored") // The task reports by itself; it is never cancelled.
        void arm() {
            loop.schedule(this::tick, next - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        private void tick() {
            if (stopped || !connection.isOpen()) {
                over = true;
                closeWhenIdle();
                return;
            }
            long now = System.nanoTime();
            while (next - now <= 0) {
                if (underWay < MAX_UNDER_WAY) {
                    underWay++;
                    ledger.sentLate(now - next);
                    UnaryCall call = new UnaryCall(session, pattern, ledger, this);
                    call.intendedNanos = next;
                    connection.send(call);
                } else {
                    ledger.failed("more than " + MAX_UNDER_WAY + " calls unanswered");
                }
                next += interval;
            }
            connection.flush();
            arm();
        }

        @Override
        public void ended(Call call, @Nullable String failure) {
            underWay--;
            if (failure == null) {
                ledger.completed(System.nanoTime() - call.intendedNanos);
            } else {
                ledger.failed(failure);
            }
            closeWhenIdle();
        }

        private void closeWhenIdle() {
            if (over && underWay == 0) {
                connection.close();
                connectionDone();
            }
        }
    }
}
