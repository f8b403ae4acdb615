/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

/**
 * What we let the peer send: shrinks as data comes in, and is given back as data leaves us, in steps of half the window so
 * that WINDOW_UPDATE frames stay rare.
 */
public class CreditWindow {
    private int size;
    private int open;
    private int consumed;

    /** @param size what the peer was told, by SETTINGS or WINDOW_UPDATE */
    public CreditWindow(int size) {
        this.size = size;
        this.open = size;
    }

    /** Returns false when the peer sends more than it was given: FLOW_CONTROL_ERROR. */
    public final boolean receive(int bytes) {
        open -= bytes;
        return open >= 0;
    }

    /** Bytes have left us. Returns the increment to send now; 0 for none. */
    public final int release(int bytes) {
        consumed += bytes;
        if (consumed < size / 2) {
            return 0;
        }
        int increment = consumed;
        consumed = 0;
        open += increment;
        return increment;
    }

    /** Makes the window larger for good. Returns the increment to send, what was consumed included; 0 when it is as large. */
    public final int growTo(int newSize) {
        if (newSize <= size) {
            return 0;
        }
        int increment = newSize - size + consumed;
        size = newSize;
        consumed = 0;
        open += increment;
        return increment;
    }
}
