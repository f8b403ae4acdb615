/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.util.concurrent.Future;
import io.sparkconnect.proxy.h2.ErrorCode;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks after a connection while streams are open: a PING when the peer is silent, the end when it stays silent, and the
 * deadlines of heads and half-sent frames. An idle connection costs no timer. Confined to its loop.
 */
final class Liveness {
    private static final long PAYLOAD = 0x7370_6172_6b63_6f6eL;
    private static final long MIN_TICK_MS = 20;

    private final Duration pingInterval;
    private final Duration pingTimeout;
    private final Duration headTimeout;
    private @Nullable HopChannel hop;
    private @Nullable Future<?> tick;
    private boolean heard;
    private boolean pinged;
    private long silentNanos;
    private long midFrameNanos;
    private long framesAtLastTick;

    Liveness(Duration pingInterval, Duration pingTimeout, Duration headTimeout) {
        this.pingInterval = pingInterval;
        this.pingTimeout = pingTimeout;
        this.headTimeout = headTimeout;
    }

    /** A stream was opened, or a frame began and did not end. */
    void watch(HopChannel connection) {
        hop = connection;
        if (tick == null) {
            schedule(connection);
        }
    }

    void heard() {
        heard = true;
    }

    void onAck(long payload) {
        if (payload == PAYLOAD) {
            pinged = false;
        }
    }

    void stop() {
        if (tick != null) {
            tick.cancel(false);
            tick = null;
        }
    }

    private long tickNanos() {
        long least = Math.min(pingTimeout.toNanos(), headTimeout.toNanos() / 4);
        return Math.max(TimeUnit.MILLISECONDS.toNanos(MIN_TICK_MS), least);
    }

    private void schedule(HopChannel connection) {
        tick = connection.ctx().executor().schedule(this::onTick, tickNanos(), TimeUnit.NANOSECONDS);
    }

    private void onTick() {
        tick = null;
        HopChannel connection = hop;
        if (connection == null || connection.isClosing()) {
            return;
        }
        long frames = connection.reader().wholesRead();
        midFrameNanos =
                connection.reader().inMidFrame() && frames == framesAtLastTick ? midFrameNanos + tickNanos() : 0;
        framesAtLastTick = frames;
        silentNanos = heard ? 0 : silentNanos + tickNanos();
        heard = false;
        if (midFrameNanos > headTimeout.toNanos()) {
            connection.onFrameTooSlow();
            return;
        }
        if (silentNanos == 0) {
            pinged = false;
        } else if (pinged && silentNanos >= pingInterval.toNanos() + pingTimeout.toNanos()) {
            connection.fail(ErrorCode.NO_ERROR, "no answer to a PING within " + pingTimeout);
            return;
        } else if (!pinged && !pingInterval.isZero() && silentNanos >= pingInterval.toNanos()) {
            pinged = true;
            connection.outlet().ping(PAYLOAD, false);
        }
        connection.onTick();
        if (connection.hasStreams() || connection.reader().inMidFrame()) {
            schedule(connection);
        } else {
            silentNanos = 0;
            pinged = false;
        }
    }
}
