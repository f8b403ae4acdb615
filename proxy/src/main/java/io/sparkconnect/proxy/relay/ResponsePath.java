/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.proxy.route.StatusAnswer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The way of a response from a server's stream to the client's. Confined to the loop. */
final class ResponsePath {
    private final FrontConnection front;
    private final Http2Stream frontStream;
    private final BodyFlow flow;
    private @Nullable FirstMessageHold hold;
    private boolean started;
    private boolean ended;

    ResponsePath(FrontConnection front, Http2Stream frontStream, BackConnection back, Http2Stream backStream) {
        this.front = front;
        this.frontStream = frontStream;
        this.flow = new BodyFlow(back, backStream, front, frontStream);
    }

    /** The first message goes through {@code show} before anything passes; then {@link #release} is awaited. */
    void holdFirstMessage(Consumer<ByteBuf> show) {
        hold = new FirstMessageHold(front.context().alloc(), RelayLimits.INSPECTED_RESPONSE_BYTES, show);
    }

    /** Whether the client has got the beginning of a response. */
    boolean hasStarted() {
        return started;
    }

    /** Whether the server has said everything. */
    boolean hasEnded() {
        return ended;
    }

    /** A header block that begins the response, or ends it. */
    void headers(Http2Headers headers, boolean endOfStream) {
        if (GrpcHeaders.isInformational(headers)) {
            return;
        }
        ended |= endOfStream;
        if (!started) {
            started = true;
            Http2Headers block = endOfStream ? front.fitting(headers) : headers;
            front.writeHeaders(frontStream, block, endOfStream);
        } else if (endOfStream) {
            finish(front.fitting(headers));
        }
    }

    /** Borrows the buffer. */
    void data(ByteBuf data, boolean endOfStream) {
        ended |= endOfStream;
        if (hold == null) {
            flow.offer(data, endOfStream);
            return;
        }
        hold.add(data, endOfStream);
        releaseUnlessUseful();
    }

    /** The router has seen the first message: it may pass, with what followed it. Idempotent. */
    void release() {
        FirstMessageHold passing = hold;
        hold = null;
        if (passing != null) {
            passing.passTo(flow);
        }
    }

    /** The proxy ends what the server began, or answers in its place. */
    void endWith(StatusAnswer answer) {
        ended = true;
        dropHold();
        if (started) {
            flow.end(front.fitting(GrpcHeaders.addStatus(GrpcHeaders.trailers(), answer)));
        } else {
            started = true;
            Http2Headers only = GrpcHeaders.addStatus(GrpcHeaders.responseHead(), answer);
            front.writeHeaders(frontStream, front.fitting(only), true);
        }
    }

    /** The client's stream is gone. */
    void stop() {
        dropHold();
        flow.stop();
    }

    private void finish(Http2Headers trailers) {
        if (hold == null) {
            flow.end(trailers);
        } else {
            hold.end(trailers);
            releaseUnlessUseful();
        }
    }

    private void releaseUnlessUseful() {
        if (hold != null && !hold.canBeShown()) {
            release();
        }
    }

    private void dropHold() {
        if (hold != null) {
            hold.drop();
            hold = null;
        }
    }
}
