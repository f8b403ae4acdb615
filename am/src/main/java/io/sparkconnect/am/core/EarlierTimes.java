/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.SlotRecord;
import java.time.Duration;
import java.util.stream.LongStream;

/**
 * Times that an earlier attempt wrote, by a clock that may have been another machine's or has been set since. How long
 * something had lasted is told by its last words on the same clock; only the time between the attempts is not known, so
 * no jump can add more to a wait than {@link #LONGEST_GAP}, or take any of it away.
 *
 * @param lastWordMs the latest time that it wrote; {@code nowMs} when it wrote none
 */
record EarlierTimes(long lastWordMs, long nowMs) {
    /** A new attempt is there sooner; a longer outage prolongs waits by the rest, which harms nobody. */
    private static final Duration LONGEST_GAP = Duration.ofMinutes(2);

    static EarlierTimes of(Recovered recovered, long nowMs) {
        LongStream slots = recovered.slots().stream().mapToLong(SlotRecord::sinceMs);
        LongStream status = recovered.status() == null
                ? LongStream.empty()
                : LongStream.of(recovered.status().updatedAtMs());
        return new EarlierTimes(LongStream.concat(slots, status).max().orElse(nowMs), nowMs);
    }

    /** When something happened: never later than now. */
    long happened(long ms) {
        return Math.min(ms, nowMs);
    }

    /** Since when something is waited for: as long as it had been when it was last told, and since then. */
    long waitingSince(long ms) {
        return nowMs - gapMs() - Math.max(0, lastWordMs - ms);
    }

    /** Until when a pause lasts, which is nowhere longer than this. */
    long pausedUntil(long ms, Duration longest) {
        return ms == 0 ? 0 : nowMs - gapMs() + Math.min(ms - lastWordMs, longest.toMillis());
    }

    private long gapMs() {
        return Math.max(0, Math.min(nowMs - lastWordMs, LONGEST_GAP.toMillis()));
    }
}
