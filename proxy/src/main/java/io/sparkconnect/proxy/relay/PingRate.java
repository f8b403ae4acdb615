/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.AbuseGuard;
import io.sparkconnect.proxy.h2.ConnectionErrorException;

/**
 * Tells a flood of PINGs from those with which gRPC libraries measure the bandwidth: one for each round trip with data.
 * Confined to the loop.
 */
final class PingRate {
    private final AbuseGuard guard;
    private int dataFramesAtLastPing = -1;

    PingRate(AbuseGuard guard) {
        this.guard = guard;
    }

    /** @param dataFrames how many were written to the peer so far */
    void received(int dataFrames) throws ConnectionErrorException {
        if (dataFrames == dataFramesAtLastPing) {
            guard.ping();
        }
        dataFramesAtLastPing = dataFrames;
    }
}
