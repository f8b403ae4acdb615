/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.load;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.bench.wire.MessageReader;
import io.sparkconnect.bench.wire.MessageWriter;
import io.sparkconnect.bench.wire.Pattern;
import org.jspecify.annotations.Nullable;

/** An upload in chunks; the server answers with the number of bytes that reached it and their checksum. */
final class UploadCall extends Call {
    private final long chunks;
    private final int chunk;
    private final long expectedChecksum;
    private @Nullable MessageWriter writer;
    private boolean answered;

    UploadCall(Session session, Pattern pattern, Ledger ledger, Listener listener, long chunks, int chunk) {
        super(session, pattern, ledger, listener);
        this.chunks = chunks;
        this.chunk = chunk;
        long chained = 0;
        for (long i = 0; i < chunks; i++) {
            chained = Pattern.chain(chained, pattern.checksum(chunk));
        }
        this.expectedChecksum = chained;
    }

    @Override
    Method method() {
        return Method.ADD_ARTIFACTS;
    }

    @Override
    void writeRequest(ChannelHandlerContext ctx, Http2ConnectionEncoder encoder, Http2Stream stream) {
        answered = false;
        writer = new MessageWriter(ctx, encoder, stream, pattern, session.requestIdentity(), chunks, chunk, true);
        proceed();
    }

    @Override
    boolean proceed() {
        if (writer == null || writer.isDone()) {
            return false;
        }
        writer.proceed();
        return true;
    }

    @Override
    @Nullable
    String check(MessageReader answer) {
        answered = true;
        boolean exact = answer.first() == chunks * chunk && answer.second() == expectedChecksum;
        if (exact) {
            ledger.received(chunks * chunk);
        }
        return exact
                ? null
                : "the server counted " + answer.first() + " bytes of " + chunks * chunk + ", or changed ones";
    }

    @Override
    @Nullable
    String checkEnd() {
        return answered ? null : "no answer";
    }
}
