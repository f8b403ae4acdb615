/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.sparkconnect.proxy.relay.RelayLimits;
import java.time.Duration;

/** Limits for tests, one of them changed. */
public final class Limits {
    private static final RelayLimits DEFAULTS = RelayLimits.defaults();

    private Limits() {}

    public static RelayLimits connectTimeout(Duration timeout) {
        return limits(DEFAULTS.resetsPerHalfMinute(), DEFAULTS.requestHeadTimeout(), timeout, Duration.ZERO);
    }

    public static RelayLimits requestHeadTimeout(Duration timeout) {
        return limits(DEFAULTS.resetsPerHalfMinute(), timeout, DEFAULTS.connectTimeout(), Duration.ZERO);
    }

    public static RelayLimits resets(int most) {
        return limits(most, DEFAULTS.requestHeadTimeout(), DEFAULTS.connectTimeout(), Duration.ZERO);
    }

    /** Both sides are pinged when silent for that long, and given up as soon again. */
    public static RelayLimits pingInterval(Duration interval) {
        return limits(
                DEFAULTS.resetsPerHalfMinute(), DEFAULTS.requestHeadTimeout(), DEFAULTS.connectTimeout(), interval);
    }

    private static RelayLimits limits(int resets, Duration headTimeout, Duration connectTimeout, Duration ping) {
        return new RelayLimits(
                DEFAULTS.streamWindowBytes(),
                DEFAULTS.connectionWindowBytes(),
                DEFAULTS.streamsPerConnection(),
                DEFAULTS.clientHeaderListBytes(),
                DEFAULTS.backendHeaderListBytes(),
                resets,
                headTimeout,
                connectTimeout,
                ping,
                ping,
                ping.isZero() ? DEFAULTS.pingTimeout() : ping);
    }
}
