/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import java.time.Duration;

/**
 * Every bound of the engine.
 *
 * @param streamWindowBytes HTTP/2 window of a routed stream, and so the most that a stream holds per direction
 * @param connectionWindowBytes HTTP/2 window of a connection; refilled at once, it bounds nothing but one read's burst
 * @param streamsPerConnection SETTINGS_MAX_CONCURRENT_STREAMS towards clients
 * @param clientHeaderListBytes SETTINGS_MAX_HEADER_LIST_SIZE towards clients
 * @param backendHeaderListBytes SETTINGS_MAX_HEADER_LIST_SIZE towards servers
 * @param resetsPerHalfMinute RST_STREAM frames that a client may send, or make us send, in 30 s
 * @param requestHeadTimeout how long a stream may take until its first bytes say whose it is
 * @param connectTimeout TCP connect and HTTP/2 handshake together
 * @param clientPingInterval PING towards a client with open streams that is silent; zero means never
 * @param backendPingInterval PING towards a server with open streams that is silent; zero means never
 * @param pingTimeout an unanswered PING closes the connection after this
 */
public record RelayLimits(
        int streamWindowBytes,
        int connectionWindowBytes,
        int streamsPerConnection,
        int clientHeaderListBytes,
        int backendHeaderListBytes,
        int resetsPerHalfMinute,
        Duration requestHeadTimeout,
        Duration connectTimeout,
        Duration clientPingInterval,
        Duration backendPingInterval,
        Duration pingTimeout) {
    /** Window of a stream until it is routed: HTTP/2's own default, so it holds before the peer has read our SETTINGS. */
    static final int UNROUTED_WINDOW_BYTES = 65_535;

    /** Longest first response message that is shown to the router. */
    static final int INSPECTED_RESPONSE_BYTES = 64 * 1024;

    /** Whole 64 KiB messages of a server pass in one frame, their prefix included. */
    static final int MAX_FRAME_BYTES = 65 * 1024;

    static final int SMALL_CONTINUATION_FRAMES = 16;
    static final int EMPTY_DATA_FRAMES_IN_A_ROW = 2;
    static final int QUEUED_CONTROL_FRAMES = 10_000;
    static final int RESET_WINDOW_SECONDS = 30;

    public static RelayLimits defaults() {
        return new RelayLimits(
                1 << 20,
                16 << 20,
                1000,
                16 * 1024,
                64 * 1024,
                500,
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                Duration.ofSeconds(90),
                Duration.ofMinutes(5),
                Duration.ofSeconds(20));
    }
}
