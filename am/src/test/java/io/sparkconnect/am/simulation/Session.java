/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.simulation;

import org.jspecify.annotations.Nullable;

/** What a user has for a while; on a server from the moment it is bound. */
final class Session implements Comparable<Session> {
    final long number;
    final long cameMs;
    final long lastsMs;
    long endsMs;
    String server = "";

    @Nullable
    SimulatedProxy proxy;

    Session(long number, long cameMs, long lastsMs) {
        this.number = number;
        this.cameMs = cameMs;
        this.lastsMs = lastsMs;
    }

    @Override
    public int compareTo(Session other) {
        int byTime = Long.compare(endsMs, other.endsMs);
        return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
}
