/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ClosedStreams;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;

/**
 * Which streams of a client's connection have not begun, and how the last ones ended, so that late frames and impossible ones
 * are told apart (RFC 9113 section 5.1). Confined to the loop.
 */
final class ClientStreamIds {
    private final ClosedStreams closed;
    private int last;
    private boolean refusesNew;

    /** Streams above the last one that counts whose HEADERS came, and that the client has not given up. */
    private int ignored;

    /** @param mostOpen how many the client may have open at once */
    ClientStreamIds(int mostOpen) {
        closed = new ClosedStreams(mostOpen);
    }

    /** The highest stream that we have looked at. */
    int last() {
        return last;
    }

    /**
     * From now on new streams are ignored, all of their frames: the client knows, and sends them elsewhere (RFC 9113 section
     * 6.8). Returns the last one that counts.
     */
    int refuseNew() {
        refusesNew = true;
        return last;
    }

    /**
     * Whether HEADERS of a stream that is not open begin it; false when they are to be ignored. A stream that begins is the
     * last one from now on.
     */
    boolean begins(int streamId) throws ConnectionErrorException {
        if ((streamId & 1) == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "stream " + streamId + " (expected: odd)");
        }
        if (streamId > last) {
            if (refusesNew) {
                ignored++;
                return false;
            }
            last = streamId;
            return true;
        }
        switch (closed.of(streamId)) {
            case RESET_BY_US -> {
                return false;
            }
            case FINISHED ->
                throw new ConnectionErrorException(
                        ErrorCode.STREAM_CLOSED, "HEADERS on stream " + streamId + ", which has ended");
            case UNKNOWN ->
                throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "stream " + streamId + " after " + last);
        }
        throw new IllegalStateException("an ending without a rule");
    }

    /** Both sides have ended it, or the client reset it. */
    void finished(int streamId) {
        closed.finished(streamId);
    }

    void resetByUs(int streamId) {
        closed.resetByUs(streamId);
    }

    // Late frames: of streams that are not open.

    /** Whether DATA of it crossed our RST_STREAM or GOAWAY, and is ignored; else it is the client's mistake. */
    boolean ignoresData(int streamId) throws ConnectionErrorException {
        requireNotIdle(streamId, "DATA");
        return streamId > last || closed.of(streamId) == ClosedStreams.Ending.RESET_BY_US;
    }

    /**
     * Whether the client's RST_STREAM is owed to what we did: it gives up a stream that we ended, or that we ignore. Such a
     * one is no sign of a flood, and comes once for each stream.
     */
    boolean excusesReset(int streamId) throws ConnectionErrorException {
        requireNotIdle(streamId, "RST_STREAM");
        if (streamId <= last) {
            return closed.peerGivesUp(streamId);
        }
        if (ignored == 0) {
            return false;
        }
        ignored--;
        return true;
    }

    void requireNotIdle(int streamId, String frame) throws ConnectionErrorException {
        boolean begun = streamId <= last || refusesNew;
        if (!begun || (streamId & 1) == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, frame + " on idle stream " + streamId);
        }
    }
}
