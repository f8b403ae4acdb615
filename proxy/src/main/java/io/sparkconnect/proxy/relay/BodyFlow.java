/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one direction of a stream. The sender gets credit for them when they have left on the other side, so what is
 * held here never exceeds the stream's window. Frames beyond the first few that wait are joined, or a peer that sends a byte
 * per frame would make us keep a hundred times its window in objects.
 *
 * <p>Confined to the loop. {@link #offer} borrows its buffer.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write that fails closes the connection, which is listened to.
final class BodyFlow {
    private static final int FRAMES_UNDER_WAY = 32;

    private final RelayConnection source;
    private final Http2Stream sourceStream;
    private final RelayConnection target;
    private final Http2Stream targetStream;
    private @Nullable ByteBuf backlog;
    private boolean endAfterBacklog;
    private @Nullable Http2Headers trailers;
    private int underWay;
    private boolean stopped;

    BodyFlow(RelayConnection source, Http2Stream sourceStream, RelayConnection target, Http2Stream targetStream) {
        this.source = source;
        this.sourceStream = sourceStream;
        this.target = target;
        this.targetStream = targetStream;
    }

    void offer(ByteBuf data, boolean endOfStream) {
        int bytes = data.readableBytes();
        if (stopped) {
            source.credit(sourceStream, bytes);
        } else if (backlog == null && underWay < FRAMES_UNDER_WAY) {
            if (bytes > 0 || endOfStream) {
                write(data.retain(), endOfStream);
            }
        } else {
            backlog = backlog == null ? target.context().alloc().buffer(Math.max(bytes, 1024)) : backlog;
            backlog.writeBytes(data, data.readerIndex(), bytes);
            endAfterBacklog |= endOfStream;
        }
    }

    /** Ends the stream after everything that was offered. */
    void end(Http2Headers trailers) {
        if (stopped) {
            return;
        }
        if (backlog == null) {
            target.writeHeaders(targetStream, trailers, true);
        } else {
            this.trailers = trailers;
        }
    }

    /** The target takes no more: what is held is dropped and what still comes is thrown away, so that its sender can end. */
    void stop() {
        stopped = true;
        if (backlog != null) {
            source.credit(sourceStream, backlog.readableBytes());
            backlog.release();
            backlog = null;
        }
    }

    private void write(ByteBuf data, boolean endOfStream) {
        int bytes = data.readableBytes();
        ChannelPromise written = target.context().newPromise();
        underWay++;
        written.addListener(done -> {
            underWay--;
            source.credit(sourceStream, bytes);
            writeBacklog();
        });
        target.writeData(targetStream, data, endOfStream, written);
    }

    private void writeBacklog() {
        ByteBuf waiting = backlog;
        if (waiting == null || underWay > FRAMES_UNDER_WAY / 2) {
            return;
        }
        backlog = null;
        Http2Headers last = trailers;
        if (!waiting.isReadable()) {
            waiting.release();
            waiting = Unpooled.EMPTY_BUFFER;
        }
        write(waiting, endAfterBacklog);
        if (last != null) {
            target.writeHeaders(targetStream, last, true);
        }
    }
}
