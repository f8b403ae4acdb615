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
 * @param streamWindowBytes HTTP/2 window of a routed stream, and so the most that a stream holds per direction
 * @param connectionWindowBytes HTTP/2 window of a connection; refilled at once, so that no stream holds up another
 * @param maxFrameBytes largest frame that we accept
 * @param bufferedBytes most bytes of messages that all streams keep before new streams and connections have to wait
 * @param streamsPerServerConnection a server's connection takes no more streams than these; the protocol's ids suffice for
 *     2^30
 * @param prefaceTimeout from accept to the client's SETTINGS
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
        int streamsPerServerConnection,
        Duration prefaceTimeout,
        Duration headTimeout,
        Duration connectTimeout,
        Duration clientPingInterval,
        Duration serverPingInterval,
        Duration pingTimeout) {

    /** Whole 64 KiB messages of a server pass in one frame, their prefix included. */
    private static final int FRAME_BYTES = 65 * 1024;

    /** Long before the ids run out. */
    private static final int STREAMS_PER_SERVER_CONNECTION = 1 << 29;

    public static EngineLimits defaults() {
        return of(
                AbuseLimits.forClients(),
                1 << 20,
                16 << 20,
                512 << 20,
                Duration.ofSeconds(10),
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
                STREAMS_PER_SERVER_CONNECTION,
                prefaceTimeout,
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
