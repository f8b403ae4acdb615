/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.CreditWindow;

/**
 * What one stream's sender may send, and how it learns of more: by WINDOW_UPDATE, until it has sent its last. Confined to the
 * loop.
 */
final class SenderCredit extends CreditWindow {
    private final Hop<?> source;
    private final int streamId;
    private boolean sourceEnded;

    /** @param initial what the sender was told that it may send */
    SenderCredit(Hop<?> source, int streamId, int initial) {
        super(initial);
        this.source = source;
        this.streamId = streamId;
    }

    /** Returns false when the sender exceeds its window. What is padding is given back at once. */
    boolean receive(int flowControlled, int dataLength, boolean end) {
        sourceEnded |= end;
        boolean within = receive(flowControlled);
        if (flowControlled > dataLength) {
            giveBack(flowControlled - dataLength);
        }
        return within;
    }

    /** The sender said or will say nothing more: it needs no credit. */
    void sourceEnded() {
        sourceEnded = true;
    }

    /** Gives the sender a larger window for good. */
    void grow(int windowBytes) {
        tell(growTo(windowBytes));
    }

    /** So many bytes have left us. */
    void giveBack(int bytes) {
        if (!sourceEnded) {
            tell(release(bytes));
        }
    }

    private void tell(int increment) {
        if (increment > 0 && !sourceEnded) {
            source.outlet().windowUpdate(streamId, increment);
        }
    }
}
