/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.ServerLoad;

/** When a changed load is worth a write: 200 servers that are polled every two seconds would be too many. */
final class LoadPublication {
    private static final long PAUSE_MS = 10_000;
    private static final double WORTH_TELLING = 0.1;

    private LoadPublication() {}

    static void publishWhenDue(Slot slot, long nowMs) {
        if (nowMs - slot.loadPublishedAtMs >= PAUSE_MS && isWorthTelling(slot.publishedLoad, slot.load)) {
            slot.publishedLoad = slot.load;
            slot.loadPublishedAtMs = nowMs;
        }
    }

    private static boolean isWorthTelling(ServerLoad told, ServerLoad now) {
        long heapStep = (long) (now.heapMaxBytes() * WORTH_TELLING);
        return told.sessions() != now.sessions()
                || told.operations() != now.operations()
                || told.heapMaxBytes() != now.heapMaxBytes()
                || Math.abs(told.heapUsedBytes() - now.heapUsedBytes()) > heapStep;
    }
}
