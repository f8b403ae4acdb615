/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Caps how many servers are started in place of failed ones: each slot backs off by itself, but many slots with the same
 * bad configuration would still keep YARN busy. Confined to the core thread.
 */
final class CrashLaunches {
    private static final long MINUTE_MS = 60_000;

    private final Map<String, Deque<Long>> lastMinute = new HashMap<>();

    /** Counts a launch, if one more is allowed now. */
    boolean admit(String pool, int perMinute, long nowMs) {
        Deque<Long> launches = lastMinute.computeIfAbsent(pool, name -> new ArrayDeque<>());
        while (!launches.isEmpty() && nowMs - launches.getFirst() >= MINUTE_MS) {
            launches.removeFirst();
        }
        if (launches.size() >= perMinute) {
            return false;
        }
        launches.addLast(nowMs);
        return true;
    }
}
