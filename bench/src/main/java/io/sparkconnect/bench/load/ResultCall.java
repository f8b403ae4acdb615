/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.bench.wire.BenchMessage;
import io.sparkconnect.bench.wire.MessageReader;
import io.sparkconnect.bench.wire.Pattern;
import org.jspecify.annotations.Nullable;

/** A query with result batches: each must come in order and whole. */
final class ResultCall extends Call {
    private final long messages;
    private final int payload;
    private final int expectedChecksum;
    private long next;

    /** {@code messages} may be {@link BenchMessage#ONE_ANSWER_THEN_SILENCE}. */
    ResultCall(Session session, Pattern pattern, Ledger ledger, Listener listener, long messages, int payload) {
        super(session, pattern, ledger, listener);
        this.messages = messages;
        this.payload = payload;
        this.expectedChecksum = pattern.checksum(payload);
    }

    /** Messages that have come. */
    long answers() {
        return next;
    }

    @Override
    Method method() {
        return Method.EXECUTE_PLAN;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // A failed write resets the stream, and the call ends with that.
    void writeRequest(ChannelHandlerContext ctx, Http2ConnectionEncoder encoder, Http2Stream stream) {
        next = 0;
        encoder.writeData(
                ctx,
                stream.id(),
                BenchMessage.whole(ctx.alloc(), session.requestIdentity(), messages, payload, pattern, 64),
                0,
                true,
                ctx.newPromise());
    }

    @Override
    @Nullable
    String check(MessageReader answer) {
        boolean exact =
                answer.first() == next && answer.payloadLength() == payload && answer.checksum() == expectedChecksum;
        next++;
        ledger.received(answer.payloadLength());
        return exact ? null : "changed bytes in result " + (next - 1);
    }

    @Override
    @Nullable
    String checkEnd() {
        return next == messages ? null : next + " results of " + messages;
    }
}
