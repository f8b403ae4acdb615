/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.Objects;
import java.util.PriorityQueue;

/** What time it is in a {@link SimulatedYarn}, really and by the machine's clock, and what happens when. */
final class SimulatedTime {
    private final PriorityQueue<Due> dues = new PriorityQueue<>();
    private long order;
    private long nowMs = 100_000_000;

    /** What the machine's clock shows: somebody sets it, or the next attempt runs on another machine. */
    private long wallMs = nowMs;

    private int attempt;
    private long attemptBeganMs;
    private long attemptBeganWallMs;

    private record Due(long atMs, long order, int attempt, Runnable what) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(atMs, other.atMs);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    long nowMs() {
        return nowMs;
    }

    long wallMs() {
        return wallMs;
    }

    /** The core's time: the attempt's beginning on the machine's clock, and what has passed since. */
    long steadyMs() {
        return attemptBeganWallMs + nowMs - attemptBeganMs;
    }

    boolean isEvery(long ms) {
        return nowMs % ms == 0;
    }

    void attemptBegins(int number) {
        attempt = number;
        attemptBeganMs = nowMs;
        attemptBeganWallMs = wallMs;
    }

    /** Sets the machine's clock so far ahead of what it is. */
    void setClock(long aheadMs) {
        wallMs = nowMs + aheadMs;
    }

    void passes(long ms) {
        nowMs += ms;
        wallMs += ms;
        while (!dues.isEmpty() && Objects.requireNonNull(dues.peek()).atMs() <= nowMs) {
            Due due = dues.remove();
            // What was on its way to an attempt that is dead is lost.
            if (due.attempt() == attempt || due.attempt() < 0) {
                due.what().run();
            }
        }
    }

    /** Happens in the world. */
    void later(long afterMs, Runnable what) {
        dues.add(new Due(nowMs + afterMs, order++, -1, what));
    }

    /** Comes to the present attempt's ears, if it still lives then. */
    void tellLater(long afterMs, Runnable what) {
        dues.add(new Due(nowMs + afterMs, order++, attempt, what));
    }
}
