/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.route.RequestHead;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.registry.SessionKey;
import java.util.Map;

/** What the proxy itself says to a client: in the server's place, or as the end of what the server began. Confined to the loop. */
final class OwnAnswer {
    private final EngineContext context;
    private final FrontStream stream;
    private final RequestLine line;

    OwnAnswer(EngineContext context, FrontStream stream, RequestLine line) {
        this.context = context;
        this.stream = stream;
        this.line = line;
    }

    /** Nothing happens when the client has its answer already. */
    void give(StatusAnswer answer, String reason) {
        boolean responseStarted = stream.hasResponseStarted();
        if (begin(answer.code(), reason)) {
            AnswerFrames.write(stream.responseFlow(), stream.alloc(), answer, responseStarted);
        }
    }

    /** Its session may be among those that are ended; what ends work itself goes on. */
    void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
        RequestHead head = stream.tally().head();
        RoutingDecision.Answer why = head == null || line.endsWork() ? null : sessions.get(head.session());
        if (why != null && stream.isWanted()) {
            stream.tally().outcome(new StreamOutcome.Cancelled());
            give(why.answer(), why.reason());
        }
    }

    /** Somebody who does not speak gRPC gets words, once the request is complete. */
    void plainText() {
        int httpStatus = line.kind() == RequestLine.Kind.NOT_POST ? 405 : 415;
        String reason = "http-" + httpStatus;
        context.watcher().clientRefused(reason);
        if (begin(StreamReport.NO_STATUS, reason)) {
            AnswerFrames.writePlainText(stream.responseFlow(), stream.alloc(), httpStatus);
        }
    }

    private boolean begin(int status, String reason) {
        if (!stream.isWanted() || stream.tally().hasStatus()) {
            return false;
        }
        stream.tally().answered(status, reason);
        stream.takeOver();
        return true;
    }

    /** There is no memory for what is kept of the stream: that is thrown away, and the client told so, who can come back. */
    void giveUp() {
        if (stream.isClosed()) {
            return;
        }
        context.counters().hit(Limit.UNREAD_BYTES);
        context.failures().streamGivenUp(stream.connection(), stream.id(), stream.held());
        Flow response = stream.responseFlow();
        if (response.isStopped()) {
            // The client has all of the answer: only its request is too much.
            stream.reset(ErrorCode.NO_ERROR);
            return;
        }
        StatusAnswer answer = Answers.givenUp();
        stream.tally().givenUp(answer.code(), "unread");
        stream.tally().outcome(new StreamOutcome.Cancelled());
        if (stream.isWanted()) {
            stream.takeOver();
        }
        response.skipKept();
        AnswerFrames.write(response, stream.alloc(), answer, !response.isWhole());
    }
}
