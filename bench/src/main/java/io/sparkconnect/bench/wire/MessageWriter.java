/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Writes a run of equal messages to one stream, as fast as windows and socket allow and no faster: it stops when the
 * stream is not writable, and {@link #proceed} goes on. Slices are at most 64 KiB and leave one by one, because that is how
 * grpc-java, and so Spark, cuts a big message; left to itself Netty would merge them up to the peer's frame limit.
 * On the connection's event loop.
 */
public final class MessageWriter {
    private static final int SLICE = 64 << 10;

    private final ChannelHandlerContext ctx;
    private final Http2ConnectionEncoder encoder;
    private final Http2Stream stream;
    private final Pattern pattern;
    private final byte[] identity;
    private final long messages;
    private final int payloadLength;
    private final boolean endsStream;
    private long next;
    private int payloadWritten;
    private boolean writing;

    /** With {@code endsStream} the last DATA frame ends the stream's side (a client's upload); a server sends trailers. */
    public MessageWriter(
            ChannelHandlerContext ctx,
            Http2ConnectionEncoder encoder,
            Http2Stream stream,
            Pattern pattern,
            byte[] identity,
            long messages,
            int payloadLength,
            boolean endsStream) {
        this.ctx = ctx;
        this.encoder = encoder;
        this.stream = stream;
        this.pattern = pattern;
        this.identity = identity;
        this.messages = messages;
        this.payloadLength = payloadLength;
        this.endsStream = endsStream;
    }

    public boolean isDone() {
        return next == messages;
    }

    /**
     * Writes what can be written now, without a flush; true when all messages are written. Writing may make the stream
     * writable, which calls this again: the inner call does nothing and says false, so that the end is told once.
     */
    public boolean proceed() {
        if (writing) {
            return false;
        }
        writing = true;
        try {
            while (!isDone() && encoder.flowController().isWritable(stream)) {
                writeSlice();
            }
        } finally {
            writing = false;
        }
        return isDone();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A failed write resets the stream, and both ends see that.
    private void writeSlice() {
        ByteBuf slice;
        if (payloadWritten == 0) {
            int length = Math.min(payloadLength, SLICE - 256);
            slice = BenchMessage.head(ctx.alloc(), identity, next, 0, payloadLength, length);
            slice.writeBytes(pattern.bytes(), 0, length);
            payloadWritten = length;
        } else {
            int length = Math.min(payloadLength - payloadWritten, SLICE);
            slice = pattern.bytes().retainedSlice(payloadWritten, length);
            payloadWritten += length;
        }
        if (payloadWritten == payloadLength) {
            next++;
            payloadWritten = 0;
        }
        encoder.writeData(ctx, stream.id(), slice, 0, endsStream && isDone(), ctx.newPromise());
        try {
            encoder.flowController().writePendingBytes();
        } catch (Http2Exception e) {
            throw new IllegalStateException("stream " + stream.id() + " refuses its bytes", e);
        }
    }
}
