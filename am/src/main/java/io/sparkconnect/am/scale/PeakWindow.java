/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.scale;

import java.util.ArrayDeque;
import java.util.Deque;

/** The largest of the values of the last while. */
final class PeakWindow {
    private record Sample(long atMs, int value) {}

    /** Falling values, oldest first: what a later and larger value covers can never be the peak again. */
    private final Deque<Sample> samples = new ArrayDeque<>();

    void add(int value, long nowMs) {
        while (!samples.isEmpty() && samples.getLast().value() <= value) {
            samples.removeLast();
        }
        samples.addLast(new Sample(nowMs, value));
    }

    /** 0 when nothing was added in that time. */
    int peak(long overMs, long nowMs) {
        while (!samples.isEmpty() && nowMs - samples.getFirst().atMs() > overMs) {
            samples.removeFirst();
        }
        return samples.isEmpty() ? 0 : samples.getFirst().value();
    }
}
