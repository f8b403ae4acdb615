/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.relay.EngineLimits;
import java.time.Duration;

/** Limits for tests: those that ship, but nobody is pinged, and what the test changes. */
public final class Limits {
    private static final EngineLimits SHIPPED = EngineLimits.defaults();

    private AbuseLimits clients = SHIPPED.clients();
    private long bufferedBytes = SHIPPED.bufferedBytes();
    private Duration unreadTime = SHIPPED.unreadTime();
    private int streamsPerServerConnection = SHIPPED.streamsPerServerConnection();
    private Duration prefaceTimeout = SHIPPED.prefaceTimeout();
    private Duration firstRequestTimeout = SHIPPED.firstRequestTimeout();
    private Duration idleTimeout = SHIPPED.idleTimeout();
    private Duration headTimeout = SHIPPED.headTimeout();
    private Duration connectTimeout = SHIPPED.connectTimeout();
    private Duration pingInterval = Duration.ZERO;
    private Duration pingTimeout = SHIPPED.pingTimeout();

    public static EngineLimits connectTimeout(Duration timeout) {
        return new Limits().withConnectTimeout(timeout).build();
    }

    public static EngineLimits requestHeadTimeout(Duration timeout) {
        return new Limits().withHeadTimeout(timeout).build();
    }

    public static EngineLimits resets(int most) {
        return new Limits()
                .withClients(AbuseLimits.forClients(
                        SHIPPED.clients().maxConcurrentStreams(),
                        SHIPPED.clients().maxHeaderListBytes(),
                        most))
                .build();
    }

    /** Both sides are pinged when silent for that long, and given up as soon again. */
    public static EngineLimits pingInterval(Duration interval) {
        return new Limits().withPings(interval, interval).build();
    }

    public Limits withClients(AbuseLimits limits) {
        clients = limits;
        return this;
    }

    public Limits withBufferedBytes(long most) {
        bufferedBytes = most;
        return this;
    }

    public Limits withUnreadTime(Duration time) {
        unreadTime = time;
        return this;
    }

    public Limits withStreamsPerServerConnection(int most) {
        streamsPerServerConnection = most;
        return this;
    }

    public Limits withPrefaceTimeout(Duration timeout) {
        prefaceTimeout = timeout;
        return this;
    }

    public Limits withFirstRequestTimeout(Duration timeout) {
        firstRequestTimeout = timeout;
        return this;
    }

    public Limits withIdleTimeout(Duration timeout) {
        idleTimeout = timeout;
        return this;
    }

    public Limits withHeadTimeout(Duration timeout) {
        headTimeout = timeout;
        return this;
    }

    public Limits withConnectTimeout(Duration timeout) {
        connectTimeout = timeout;
        return this;
    }

    public Limits withPings(Duration interval, Duration timeout) {
        pingInterval = interval;
        pingTimeout = timeout;
        return this;
    }

    public EngineLimits build() {
        return new EngineLimits(
                clients,
                SHIPPED.servers(),
                SHIPPED.streamWindowBytes(),
                SHIPPED.connectionWindowBytes(),
                SHIPPED.maxFrameBytes(),
                bufferedBytes,
                unreadTime,
                streamsPerServerConnection,
                prefaceTimeout,
                firstRequestTimeout,
                idleTimeout,
                headTimeout,
                connectTimeout,
                pingInterval,
                pingInterval,
                pingTimeout);
    }
}
