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

    private static final int FINISHED_REMEMBERED = 100;
    private static final int FIRST_RESETS = 16;

    private final int mostResets;
    private final int[] finished = new int[FINISHED_REMEMBERED];
    private int nextFinished;

    /** Grows as it is needed: most connections never see a reset. */
    private int[] resets = {};

    private int nextReset;

    /**
     * @param mostResets how many that we have reset are remembered, positive. With as many as the peer may have open none is
     *     forgotten too early: a stream whose end the peer has not read still counts as open for it, so that it begins no
     *     other in its place
     */
    public ClosedStreams(int mostResets) {
        this.mostResets = mostResets;
    }

    public void finished(int streamId) {
        finished[nextFinished] = streamId;
        nextFinished = (nextFinished + 1) % finished.length;
    }

    public void resetByUs(int streamId) {
        if (nextReset == resets.length) {
            resets = Arrays.copyOf(resets, Math.min(mostResets, Math.max(FIRST_RESETS, 2 * resets.length)));
        }
        resets[nextReset] = streamId;
        nextReset++;
        if (nextReset == mostResets) {
            nextReset = 0;
        }
    }

    /** The peer has reset a stream too. Returns whether it crossed our reset; only the first one can. */
    public boolean peerGivesUp(int streamId) {
        int at = indexOf(streamId, resets);
        if (at < 0) {
            return false;
        }
        resets[at] = 0;
        finished(streamId);
        return true;
    }

    public Ending of(int streamId) {
        if (indexOf(streamId, finished) >= 0) {
            return Ending.FINISHED;
        }
        return indexOf(streamId, resets) >= 0 ? Ending.RESET_BY_US : Ending.UNKNOWN;
    }

    private static int indexOf(int streamId, int[] ids) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == streamId) {
                return i;
            }
        }
        return -1;
    }
}
