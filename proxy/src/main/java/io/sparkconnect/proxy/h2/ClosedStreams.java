/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import java.util.Arrays;

/**
 * How the last streams of a connection ended, because the rules for late frames differ (RFC 9113 section 5.1): frames that
 * crossed our RST_STREAM are ignored, frames behind the peer's own end are an error. Bounded: an older stream counts as
 * never seen.
 */
public final class ClosedStreams {
    /** How a stream ended. */
    public enum Ending {
        /** Both sides said END_STREAM, or the peer reset it: the peer must not send more. */
        FINISHED,
        /** We reset it: what the peer sent before it knew is ignored. */
        RESET_BY_US,
        /** Not among the remembered ones. */
        UNKNOWN
    }

    private final int[] ids;
    private int next;

    public ClosedStreams(int remembered) {
        ids = new int[remembered];
        Arrays.fill(ids, 0);
    }

    public void add(int streamId, Ending ending) {
        ids[next] = ending == Ending.RESET_BY_US ? -streamId : streamId;
        next = (next + 1) % ids.length;
    }

    public Ending of(int streamId) {
        for (int id : ids) {
            if (id == streamId) {
                return Ending.FINISHED;
            }
            if (id == -streamId) {
                return Ending.RESET_BY_US;
            }
        }
        return Ending.UNKNOWN;
    }
}
