/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks a silent peer whether it is there, but only while streams are open: servers up to Spark 4.2 close connections that are
 * pinged more than once in five minutes, or while idle. Confined to the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class PingWatch {
    private static final long PAYLOAD = 0x7370_6172_6b63_6f6eL;

    private final RelayConnection connection;
    private final Duration interval;
    private final Duration timeout;
    private boolean heard;
    private @Nullable Future<?> nextLook;
    private @Nullable Future<?> deadline;

    PingWatch(RelayConnection connection, Duration interval, Duration timeout) {
        this.connection = connection;
        this.interval = interval;
        this.timeout = timeout;
    }

    void start() {
        if (!interval.isZero() && nextLook == null) {
            long every = interval.toMillis();
            nextLook = connection.loop().scheduleWithFixedDelay(this::look, every, every, TimeUnit.MILLISECONDS);
        }
    }

    void stop() {
        cancel(nextLook);
        cancel(deadline);
    }

    /** Something came from the peer, so it lives. */
    void heard() {
        heard = true;
    }

    void onAck(long payload) {
        if (payload == PAYLOAD) {
            cancel(deadline);
            deadline = null;
        }
    }

    private void look() {
        boolean silent = !heard;
        heard = false;
        if (silent && deadline == null && connection.connection().numActiveStreams() > 0) {
            connection.sendPing(PAYLOAD);
            deadline = connection.loop().schedule(this::giveUp, timeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void giveUp() {
        connection.breakOff("no answer to a PING within " + timeout.toSeconds() + " s");
    }

    private static void cancel(@Nullable Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }
}
