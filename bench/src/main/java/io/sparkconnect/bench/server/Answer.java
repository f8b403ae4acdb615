/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.bench.wire.BenchMessage;
import io.sparkconnect.bench.wire.MessageReader;
import io.sparkconnect.bench.wire.MessageWriter;
import io.sparkconnect.bench.wire.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a light server does with one RPC, told by the method's name: {@code ExecutePlan} answers its first message with as
 * many as that asks for; any other method answers once, when the client has ended its side, with the number of bytes that
 * came and their checksum. No client of the bench ever calls {@code ReleaseExecute}: with that a proxy asks for a session that
 * it does not know, and none of those has been here. On the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write resets the stream, and the client sees that.
final class Answer implements MessageReader.Sink {
    private final String server;
    private final Pattern pattern;
    private final boolean streams;
    private final boolean asksForASession;
    private final ChannelHandlerContext ctx;
    private final Http2ConnectionEncoder encoder;
    private final Http2Stream stream;
    private final MessageReader reader = new MessageReader(this);
    private byte @Nullable [] identity;
    private @Nullable MessageWriter results;
    private boolean silent;
    private boolean finished;
    private long bytesReceived;
    private long checksum;
    private int payloadWanted;

    Answer(
            String server,
            Pattern pattern,
            CharSequence path,
            ChannelHandlerContext ctx,
            Http2ConnectionEncoder encoder,
            Http2Stream stream) {
        this.server = server;
        this.pattern = pattern;
        this.streams = path.toString().endsWith("/ExecutePlan");
        this.asksForASession = path.toString().endsWith("/ReleaseExecute");
        this.ctx = ctx;
        this.encoder = encoder;
        this.stream = stream;
    }

    void requestData(ByteBuf data, boolean endOfStream) {
        reader.read(data);
        if (endOfStream && !streams) {
            answerOnce();
        }
    }

    @Override
    public void message(MessageReader request) {
        bytesReceived += request.payloadLength();
        checksum = Pattern.chain(checksum, request.checksum());
        if (identity == null) {
            identity = BenchMessage.answerIdentity(request.session(), server);
            payloadWanted = (int) request.second();
            if (streams) {
                startResults(identity, request.first());
            }
        }
    }

    private void startResults(byte[] answerIdentity, long wanted) {
        silent = wanted == BenchMessage.ONE_ANSWER_THEN_SILENCE;
        encoder.writeHeaders(ctx, stream.id(), ServerConversation.HEADERS, 0, false, ctx.newPromise());
        results = new MessageWriter(
                ctx, encoder, stream, pattern, answerIdentity, silent ? 1 : wanted, payloadWanted, false);
        proceed();
    }

    private void answerOnce() {
        if (identity == null) {
            throw new IllegalArgumentException("a request without a message");
        }
        ByteBuf answer = BenchMessage.whole(ctx.alloc(), identity, bytesReceived, checksum, pattern, payloadWanted);
        int id = stream.id();
        if (asksForASession) {
            encoder.writeHeaders(ctx, id, ServerConversation.NO_SUCH_SESSION, 0, true, ctx.newPromise());
            return;
        }
        encoder.writeHeaders(ctx, id, ServerConversation.HEADERS, 0, false, ctx.newPromise());
        encoder.writeData(ctx, id, answer, 0, false, ctx.newPromise());
        encoder.writeHeaders(ctx, id, ServerConversation.OK, 0, true, ctx.newPromise());
    }

    /** Writes further results; true when something was written that wants a flush. */
    boolean proceed() {
        if (results == null || finished) {
            return false;
        }
        if (results.proceed() && !silent) {
            finished = true;
            encoder.writeHeaders(ctx, stream.id(), ServerConversation.OK, 0, true, ctx.newPromise());
        }
        return true;
    }
}
