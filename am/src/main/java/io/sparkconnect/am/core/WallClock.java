/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.TreeMap;

/**
 * What the machine's clock showed at moments of the core's own time, which runs evenly whatever is done to that clock. The
 * core reckons in its own time; what others read is brought onto the machine's clock here. Confined to the core thread.
 */
final class WallClock {
    /** Less is the slow correction of a clock that runs well; following it would write every record anew each time. */
    private static final long TOLERANCE_MS = 2_000;

    private static final int JUMPS_KEPT = 100;

    /** How far the machine's clock was ahead of the core's time, by the moment from which on it was. */
    private final TreeMap<Long, Long> ahead = new TreeMap<>();

    /** @param beganMs when the core's time began; the machine's clock showed the same then */
    WallClock(long beganMs) {
        ahead.put(beganMs, 0L);
    }

    /**
     * Compares the two clocks.
     *
     * @return how far the machine's clock has jumped since the last look; 0 when it ran evenly
     */
    long look(long nowMs, long wallMs) {
        long before = aheadNow();
        long jumpMs = wallMs - nowMs - before;
        if (Math.abs(jumpMs) < TOLERANCE_MS) {
            return 0;
        }
        ahead.put(nowMs, before + jumpMs);
        if (ahead.size() > JUMPS_KEPT) {
            ahead.pollFirstEntry();
        }
        return jumpMs;
    }

    /** What the machine's clock showed when something happened. 0 stays 0: it did not happen. */
    long shownAt(long ms) {
        if (ms == 0) {
            return 0;
        }
        var since = ahead.floorEntry(ms);
        return ms + (since == null ? ahead.firstEntry() : since).getValue();
    }

    /** The moment on the machine's clock as it is set now: its distance from now is the true one. 0 stays 0. */
    long asOfNow(long ms) {
        return ms == 0 ? 0 : ms + aheadNow();
    }

    /** Whether the two clocks have never differed. */
    boolean neverJumped() {
        return ahead.size() == 1 && aheadNow() == 0;
    }

    private long aheadNow() {
        return ahead.lastEntry().getValue();
    }
}
