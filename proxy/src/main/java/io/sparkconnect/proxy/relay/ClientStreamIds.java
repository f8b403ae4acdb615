/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ClosedStreams;
import io.sparkconnect.proxy.h2.ClosedStreams.Ending;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;

/**
 * Which streams of a client's connection have not begun, and how the last ones ended, so that late frames and impossible ones
 * are told apart (RFC 9113 section 5.1). Confined to the loop.
 */
final class ClientStreamIds {
    private static final int REMEMBERED_STREAMS = 100;

    private final ClosedStreams closed = new ClosedStreams(REMEMBERED_STREAMS);
    private int last;
    private boolean refusesNew;

    /** The highest stream that we have looked at. */
    int last() {
        return last;
    }

    /** From now on new streams are ignored: the client knows, and sends them elsewhere. Returns the last one that counts. */
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
                closed.add(streamId, Ending.RESET_BY_US);
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

    void requireNotIdle(int streamId, String frame) throws ConnectionErrorException {
        if (streamId > last || (streamId & 1) == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, frame + " on idle stream " + streamId);
        }
    }

    /** Both sides have ended it, or the client reset it. */
    void finished(int streamId) {
        closed.add(streamId, Ending.FINISHED);
    }

    void resetByUs(int streamId) {
        closed.add(streamId, Ending.RESET_BY_US);
    }

    /** Whether what still comes of the stream crossed our RST_STREAM, and is ignored. */
    boolean wasResetByUs(int streamId) {
        return closed.of(streamId) == Ending.RESET_BY_US;
    }
}
