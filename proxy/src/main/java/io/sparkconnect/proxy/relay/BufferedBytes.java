/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all streams of an engine hold, because somebody does not read or because nobody knows yet whose the bytes
 * are, and what follows when it is much. Counted when a frame has to be kept, so a frame that passes at once costs nothing
 * here. Thread-safe.
 *
 * <p>Up to a quarter of the most, what waits stays in the buffers that it was read into; beyond, it is copied out of those
 * that are much larger. At the most, new work is turned away, and what nobody has read for a while is given up. A quarter
 * above, streams of which more than a little is kept are given up at once, and a half above every stream is, so that more
 * is never held, however many streams were open before.
 */
final class BufferedBytes {
    /** A stream of which no more than this is kept may just be a little behind. */
    static final int LITTLE = 64 * 1024;

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

    /** Whether memory is worth a copy. */
    boolean isScarce() {
        return kept.get() >= most / 4;
    }

    boolean isFull() {
        return kept.get() >= most;
    }

    /** Whether enough was given up for now. */
    boolean hasRoomAgain() {
        return kept.get() < most - most / 8;
    }

    /** Whether a stream that has just made us hold more, {@code held} in all, has to be given up at once. */
    boolean isTooMuch(int held) {
        long all = kept.get();
        return all >= most + most / 4 && (held > LITTLE || all >= most + most / 2);
    }

    /** Whether so many bytes that wait hold on to all of the buffer that they are in; else they are copied out of it. */
    boolean isWorthRetaining(int bytes, int capacity) {
        int leastEighths = isScarce() ? 7 : 2;
        return (long) bytes * 8 >= (long) capacity * leastEighths;
    }
}
