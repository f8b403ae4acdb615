/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.Limit;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * For how long a client has asked for nothing, as seen by whoever looks regularly: reads no clock, and costs a request
 * nothing. Confined to the loop.
 */
final class ClientIdleness {
    private final Duration firstRequestTimeout;
    private final Duration idleTimeout;
    private int lastStreamSeen;
    private Duration idle = Duration.ZERO;

    /** A timeout of zero means forever. */
    ClientIdleness(Duration firstRequestTimeout, Duration idleTimeout) {
        this.firstRequestTimeout = firstRequestTimeout;
        this.idleTimeout = idleTimeout;
    }

    /**
     * @param sinceLastLook how long ago that was
     * @param lastStream the last stream that began; 0 for none
     * @return the limit that is reached; null for none
     */
    @Nullable
    Limit look(Duration sinceLastLook, int lastStream, boolean hasStreams) {
        if (hasStreams || lastStream != lastStreamSeen) {
            lastStreamSeen = lastStream;
            idle = Duration.ZERO;
            return null;
        }
        idle = idle.plus(sinceLastLook);
        Duration most = lastStream == 0 ? firstRequestTimeout : idleTimeout;
        if (most.isZero() || idle.compareTo(most) < 0) {
            return null;
        }
        idle = Duration.ZERO;
        return lastStream == 0 ? Limit.FIRST_REQUEST_TIME : Limit.IDLE_TIME;
    }
}
