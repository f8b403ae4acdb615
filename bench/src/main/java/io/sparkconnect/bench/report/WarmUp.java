/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.report;

import java.util.List;
import java.util.stream.Collectors;

/**
 * How a fresh process got warm: what a call cost in its first second and for good, and when it came within a fifth of that.
 *
 * @param seconds from its first call
 * @param calls made until then
 * @param cpuSeconds used until then
 */
public record WarmUp(
        String peer, double firstMicros, double settledMicros, double seconds, long calls, double cpuSeconds) {
    private static final double WITHIN = 1.2;

    /** So many windows in a row must be cheap: one lucky window is not warmth. */
    private static final int IN_A_ROW = 4;

    /** A short stretch of a load that goes on. */
    public record Window(double seconds, long calls, long cpuNanos) {
        double micros() {
            return calls == 0 ? Double.POSITIVE_INFINITY : cpuNanos / 1e3 / calls;
        }
    }

    /** Of windows that follow one another, long enough that their last third is settled. */
    public static WarmUp of(String peer, List<Window> windows) {
        if (windows.size() < 3 * IN_A_ROW) {
            throw new IllegalArgumentException("windows: " + windows.size() + " (expected: >= " + 3 * IN_A_ROW + ")");
        }
        double settled = median(windows.subList(2 * windows.size() / 3, windows.size()));
        int warm = 0;
        while (warm + IN_A_ROW < windows.size() && !isCheap(windows.subList(warm, warm + IN_A_ROW), WITHIN * settled)) {
            warm++;
        }
        List<Window> before = windows.subList(0, warm);
        return new WarmUp(
                peer,
                micros(windows.subList(0, IN_A_ROW)),
                settled,
                before.stream().mapToDouble(Window::seconds).sum(),
                before.stream().mapToLong(Window::calls).sum(),
                before.stream().mapToLong(Window::cpuNanos).sum() / 1e9);
    }

    private static boolean isCheap(List<Window> row, double most) {
        return row.get(0).micros() <= most && median(row) <= most;
    }

    private static double median(List<Window> windows) {
        return Spread.of(windows.stream().map(Window::micros).collect(Collectors.toList()))
                .median();
    }

    private static double micros(List<Window> windows) {
        long calls = windows.stream().mapToLong(Window::calls).sum();
        return calls == 0
                ? Double.NaN
                : windows.stream().mapToLong(Window::cpuNanos).sum() / 1e3 / calls;
    }
}
