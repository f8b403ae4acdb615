/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.bench.wire.BenchMessage;
import io.sparkconnect.bench.wire.MessageReader;
import io.sparkconnect.bench.wire.Pattern;
import org.jspecify.annotations.Nullable;

/** A small request and a small answer of some 130 bytes each, as most of a Spark client's calls are. */
final class UnaryCall extends Call {
    private static final int PAYLOAD = 64;

    private final long expectedChecksum;
    private boolean answered;

    UnaryCall(Session session, Pattern pattern, Ledger ledger, Listener listener) {
        super(session, pattern, ledger, listener);
        this.expectedChecksum = Pattern.chain(0, pattern.checksum(PAYLOAD));
    }

    @Override
    Method method() {
        return Method.CONFIG;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // A failed write resets the stream, and the call ends with that.
    void writeRequest(ChannelHandlerContext ctx, Http2ConnectionEncoder encoder, Http2Stream stream) {
        answered = false;
        encoder.writeData(
                ctx,
                stream.id(),
                BenchMessage.whole(ctx.alloc(), session.requestIdentity(), 1, PAYLOAD, pattern, PAYLOAD),
                0,
                true,
                ctx.newPromise());
    }

    @Override
    @Nullable
    String check(MessageReader answer) {
        if (answered) {
            return "a second answer";
        }
        answered = true;
        boolean exact = answer.first() == PAYLOAD
                && answer.second() == expectedChecksum
                && answer.payloadLength() == PAYLOAD
                && answer.checksum() == pattern.checksum(PAYLOAD);
        return exact ? null : "changed bytes in a unary call";
    }

    @Override
    @Nullable
    String checkEnd() {
        return answered ? null : "no answer";
    }
}
