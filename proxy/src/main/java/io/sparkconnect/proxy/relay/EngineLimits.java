/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.LocalSettings;
import java.time.Duration;

/**
 * Every bound of the engine.
 *
 * @param clients what a client's connection may do
 * @param servers what a server's connection may do
 * @param streamWindowBytes HTTP/2 window of a routed stream, and so the most bytes that a stream keeps per direction
 * @param connectionWindowBytes HTTP/2 window of a connection; refilled at once, so that no stream holds up another
 * @param maxFrameBytes largest frame that we accept
 * @param bufferedBytes most memory that all streams hold before new streams and connections have to wait, and those that
 *     nobody reads are ended; half as much again is never held
 * @param unreadTime while that much is held, a stream of which nothing is read for that long is ended
 * @param streamsPerServerConnection a server's connection takes no more streams than these; the protocol's ids suffice for
 *     2^30
 * @param prefaceTimeout from accept to the client's SETTINGS
 * @param firstRequestTimeout from accept to the first request; zero means forever
 * @param idleTimeout without an open stream, after which a client is asked to connect anew; zero means forever
 * @param headTimeout from HEADERS to a request head that can be routed; also from a frame's first byte to its last
 * @param connectTimeout TCP connect and HTTP/2 handshake together
 * @param clientPingInterval PING towards a client with open streams that is silent; zero means never
 * @param serverPingInterval PING towards a server with open streams that is silent; zero means never
 * @param pingTimeout an unanswered PING closes the connection after this
 */
public record EngineLimits(
        AbuseLimits clients,
        AbuseLimits servers,
        int streamWindowBytes,
        int connectionWindowBytes,
        int maxFrameBytes,
        long bufferedBytes,
        Duration unreadTime,
        int streamsPerServerConnection,
        Duration prefaceTimeout,
        Duration firstRequestTimeout,
        Duration idleTimeout,
        Duration headTimeout,
        Duration connectTimeout,
        Duration clientPingInterval,
        Duration serverPingInterval,
        Duration pingTimeout) {

    /** Whole 64 KiB messages of a server pass in one frame, their prefix included. */
    private static final int FRAME_BYTES = 65 * 1024;

    /** Whoever reads at all does so within this; a Spark client reattaches to what was only slow. */
    private static final Duration UNREAD_TIME = Duration.ofSeconds(1);

    /** Long before the ids run out. */
    private static final int STREAMS_PER_SERVER_CONNECTION = 1 << 29;

    public static EngineLimits defaults() {
        return of(
                AbuseLimits.forClients(),
                1 << 20,
                16 << 20,
                512 << 20,
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                Duration.ofHours(24),
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                Duration.ofSeconds(90),
                Duration.ofMinutes(5),
                Duration.ofSeconds(20));
    }

    /** What operators set; the rest as shipped. */
    public static EngineLimits of(
            AbuseLimits clients,
            int streamWindowBytes,
            int connectionWindowBytes,
            long bufferedBytes,
            Duration prefaceTimeout,
            Duration firstRequestTimeout,
            Duration idleTimeout,
            Duration headTimeout,
            Duration connectTimeout,
            Duration clientPingInterval,
            Duration serverPingInterval,
            Duration pingTimeout) {
        return new EngineLimits(
                clients,
                AbuseLimits.forServers(),
                streamWindowBytes,
                connectionWindowBytes,
                FRAME_BYTES,
                bufferedBytes,
                UNREAD_TIME,
                STREAMS_PER_SERVER_CONNECTION,
                prefaceTimeout,
                firstRequestTimeout,
                idleTimeout,
                headTimeout,
                connectTimeout,
                clientPingInterval,
                serverPingInterval,
                pingTimeout);
    }

    /**
     * A client's stream begins with the protocol's own window, which bounds what is held of it while it is unrouted. A frame
     * that does not fit into it is not asked for.
     */
    LocalSettings towardsClients() {
        return new LocalSettings(
                false,
                clients.maxConcurrentStreams(),
                Flow.UNROUTED_WINDOW,
                connectionWindowBytes,
                Math.min(maxFrameBytes, Flow.UNROUTED_WINDOW),
                clients.maxHeaderListBytes());
    }

    LocalSettings towardsServers() {
        return new LocalSettings(
                true, 0, streamWindowBytes, connectionWindowBytes, maxFrameBytes, servers.maxHeaderListBytes());
    }
}
