/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.RequestRules;
import io.sparkconnect.proxy.h2.StreamErrorException;
import io.sparkconnect.proxy.route.StatusAnswer;
import org.jspecify.annotations.Nullable;

/** What becomes of a client's HEADERS that neither begin a request nor end one. Confined to the loop. */
final class UnusableHeaders {
    private final FrontConnection front;
    private final ClientStreamIds ids;

    UnusableHeaders(FrontConnection front, ClientStreamIds ids) {
        this.front = front;
        this.ids = ids;
    }

    /** HEADERS of a request that is under way are its trailers, or a mistake. */
    static void requireTrailers(FrontStream stream, HeaderList list, boolean endStream) throws StreamErrorException {
        if (!stream.mayReceive()) {
            throw new StreamErrorException(ErrorCode.STREAM_CLOSED, "HEADERS behind the request's end");
        }
        if (!endStream) {
            throw new StreamErrorException(ErrorCode.PROTOCOL_ERROR, "trailers without END_STREAM");
        }
        RequestRules.checkTrailers(list.fields());
    }

    /**
     * HEADERS that could not be decoded to a list that we take.
     *
     * @param known the stream, when it is open
     */
    void refuse(int streamId, @Nullable FrontStream known, @Nullable StreamErrorException why, boolean endStream)
            throws StreamErrorException, ConnectionErrorException {
        if (why == null) {
            return;
        }
        if (known != null || why.code() != ErrorCode.ENHANCE_YOUR_CALM) {
            throw why;
        }
        // Too large is an honest mistake, and deserves words; but not without end.
        front.guard.resetSent();
        StatusAnswer answer = Answers.headersTooLarge(front.guard.limits().maxHeaderListBytes());
        front.outlet().headers(streamId, GrpcHeaders.trailersOnly(answer), true);
        if (endStream) {
            ids.finished(streamId);
        } else {
            front.outlet().rstStream(streamId, ErrorCode.NO_ERROR);
            ids.resetByUs(streamId);
        }
    }
}
