/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.EventLoop;
import io.sparkconnect.bench.wire.Pattern;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Small calls at fixed times. Each connection has its own share of the times and its own timer, on its event loop. Latency
 * runs from the intended time, so a stall is charged to all calls that it delayed; how late the timer itself was is kept
 * apart, because no peer is to blame for that.
 */
final class RateLoad extends ConnectionsLoad {
    private static final int MAX_UNDER_WAY = 10_000;
    private static final long HEAD_START = TimeUnit.MILLISECONDS.toNanos(50);

    private final Pattern pattern;
    private final long intervalNanos;
    private final int connections;
    private final long begin;

    private RateLoad(Ledger ledger, Pattern pattern, int connections, int perSecond) {
        super(ledger, connections);
        this.pattern = pattern;
        this.connections = connections;
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        // Far enough ahead that all connections are there when the first call is due.
        this.begin = System.nanoTime() + HEAD_START;
    }

    static RateLoad start(Connector connector, Ledger ledger, Pattern pattern, int connections, int perSecond) {
        RateLoad load = new RateLoad(ledger, pattern, connections, perSecond);
        load.connect(connector);
        return load;
    }

    @Override
    void begin(ClientConnection connection, int index) {
        new Ticks(connection, begin + index * intervalNanos, connections * intervalNanos).arm();
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
            if (isStopped() || !connection.isOpen()) {
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
                done(connection);
            }
        }
    }
}
