/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of messages that all streams of an engine keep, because somebody does not read or because nobody knows yet whose
 * they are, and how many they may be before new work is turned away. Counted when a frame has to be kept, so a frame that
 * passes at once costs nothing here. Thread-safe.
 */
final class BufferedBytes {
    private final long most;
    private final AtomicLong kept = new AtomicLong();

    /** @param most positive */
    BufferedBytes(long most) {
        this.most = most;
    }

    void add(int bytes) {
        kept.addAndGet(bytes);
    }

    void remove(int bytes) {
        kept.addAndGet(-bytes);
    }

    long bytes() {
        return kept.get();
    }

    boolean isFull() {
        return kept.get() >= most;
    }
}
