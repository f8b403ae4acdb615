/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/**
 * What may still be sent (RFC 9113 section 6.9): 31 bits with a sign, because a smaller INITIAL_WINDOW_SIZE can push the
 * window of a running stream below zero.
 */
public final class FlowWindow {
    /** The protocol's initial size of every window. */
    public static final int DEFAULT = 65_535;

    public static final int MAX = Integer.MAX_VALUE;

    private int available;

    public FlowWindow(int initial) {
        this.available = initial;
    }

    /** May be negative. */
    public int available() {
        return available;
    }

    /** The caller has looked at {@link #available}. */
    public void take(int bytes) {
        available -= bytes;
    }

    /** Adds credit or the change of INITIAL_WINDOW_SIZE. Returns false, and changes nothing, beyond 2^31-1. */
    public boolean add(int delta) {
        long sum = (long) available + delta;
        if (sum > MAX || sum < -(long) MAX) {
            return false;
        }
        available = (int) sum;
        return true;
    }
}
