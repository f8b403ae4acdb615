/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.relay.EngineLimits;
import java.time.Duration;

/** Limits for tests, one of them changed. */
public final class Limits {
    private static final EngineLimits DEFAULTS = EngineLimits.defaults();

    private Limits() {}

    public static EngineLimits connectTimeout(Duration timeout) {
        return limits(DEFAULTS.clients(), DEFAULTS.headTimeout(), timeout, Duration.ZERO);
    }

    public static EngineLimits requestHeadTimeout(Duration timeout) {
        return limits(DEFAULTS.clients(), timeout, DEFAULTS.connectTimeout(), Duration.ZERO);
    }

    public static EngineLimits resets(int most) {
        AbuseLimits clients = AbuseLimits.forClients(
                DEFAULTS.clients().maxConcurrentStreams(), DEFAULTS.clients().maxHeaderListBytes(), most);
        return limits(clients, DEFAULTS.headTimeout(), DEFAULTS.connectTimeout(), Duration.ZERO);
    }

    /** Both sides are pinged when silent for that long, and given up as soon again. */
    public static EngineLimits pingInterval(Duration interval) {
        return limits(DEFAULTS.clients(), DEFAULTS.headTimeout(), DEFAULTS.connectTimeout(), interval);
    }

    private static EngineLimits limits(
            AbuseLimits clients, Duration headTimeout, Duration connectTimeout, Duration ping) {
        return EngineLimits.of(
                clients,
                DEFAULTS.streamWindowBytes(),
                DEFAULTS.connectionWindowBytes(),
                DEFAULTS.bufferedBytes(),
                DEFAULTS.prefaceTimeout(),
                headTimeout,
                connectTimeout,
                ping,
                ping,
                ping.isZero() ? DEFAULTS.pingTimeout() : ping);
    }
}
