/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import java.time.Duration;

/**
 * What one connection may do to us. Counts "per window" are reset when {@code window} has passed.
 *
 * @param maxConcurrentStreams advertised and enforced
 * @param window the period of the counts below
 * @param maxResetsReceived RST_STREAM per window
 * @param maxResetsSent RST_STREAM that we send for the peer's errors, per window
 * @param maxPings PING per window
 * @param maxSettings SETTINGS per window
 * @param maxIgnoredFrames PRIORITY and unknown frames per window
 * @param maxWindowUpdates WINDOW_UPDATE per window between which we sent no DATA; a peer that catches up on many streams at
 *     once sends some
 * @param maxZeroWindowUpdates WINDOW_UPDATE of 0 per window
 * @param maxGoAways GOAWAY per window; a graceful end takes two
 * @param maxInformational 1xx responses to one request
 * @param maxEmptyData empty DATA frames in a row
 * @param maxContinuations CONTINUATION frames per header block
 * @param maxHeaderListBytes advertised and enforced, as RFC 9113 section 6.5.2 counts
 * @param maxControlFramesQueued frames without flow control that wait for a peer that does not read
 * @param maxControlBytesQueued their bytes
 */
public record AbuseLimits(
        int maxConcurrentStreams,
        Duration window,
        int maxResetsReceived,
        int maxResetsSent,
        int maxPings,
        int maxSettings,
        int maxIgnoredFrames,
        int maxWindowUpdates,
        int maxZeroWindowUpdates,
        int maxGoAways,
        int maxInformational,
        int maxEmptyData,
        int maxContinuations,
        int maxHeaderListBytes,
        int maxControlFramesQueued,
        int maxControlBytesQueued) {

    /** Toward clients, with the limits that this project ships. */
    public static AbuseLimits forClients() {
        return forClients(1000, 64 * 1024, 500);
    }

    /**
     * Toward clients. A Spark client cancels rarely, but a notebook server with hundreds of sessions on one connection
     * cancels in bursts.
     *
     * @param maxResets RST_STREAM in 30 s, received and sent each
     */
    public static AbuseLimits forClients(int maxConcurrentStreams, int maxHeaderListBytes, int maxResets) {
        return new AbuseLimits(
                maxConcurrentStreams,
                Duration.ofSeconds(30),
                maxResets,
                maxResets,
                600,
                100,
                1000,
                20_000,
                10,
                10,
                0,
                10,
                16,
                maxHeaderListBytes,
                10_000,
                4 << 20);
    }

    /**
     * Toward servers, which run users' code and are not trusted blindly. One server connection carries the streams of many
     * clients, so its counts are higher.
     */
    public static AbuseLimits forServers() {
        return new AbuseLimits(
                0,
                Duration.ofSeconds(30),
                20_000,
                20_000,
                600,
                100,
                1000,
                100_000,
                100,
                10,
                8,
                100,
                32,
                131_072,
                100_000,
                32 << 20);
    }
}
