/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ConnectionErrorException;

/**
 * Tells a flood of PINGs or WINDOW_UPDATEs from those that our own data is the cause of: gRPC libraries measure the bandwidth
 * by a PING for each round trip with data, and give credit back as they read. Confined to the loop.
 */
final class UnearnedRate {
    private final Count unearned;
    private int dataFramesAtLast = -1;

    /** Counts one, and ends the connection when it is one too many. */
    interface Count {
        void one() throws ConnectionErrorException;
    }

    UnearnedRate(Count unearned) {
        this.unearned = unearned;
    }

    /** @param dataFrames how many were written to the peer so far */
    void received(int dataFrames) throws ConnectionErrorException {
        if (dataFrames == dataFramesAtLast) {
            unearned.one();
        }
        dataFramesAtLast = dataFrames;
    }
}
