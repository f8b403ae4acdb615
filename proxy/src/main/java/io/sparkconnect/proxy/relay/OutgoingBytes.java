/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What leaves one connection within a turn of the loop, in order. Confined to its loop. Owns what it has not handed to the
 * channel.
 *
 * <p>Small frames are copied one behind the other into a scratch buffer, large ones leave as slices of what was read, and
 * large frames that lie next to each other leave as one slice: fewer pieces for the system call.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class OutgoingBytes {
    /** Capacity of the buffers for small frames. */
    static final int SCRATCH_BYTES = 2048;

    private static final int COPIED_BYTES = 1024;
    private static final int FLUSH_AT_BYTES = 128 * 1024;

    private final ChannelHandlerContext ctx;
    private final LoopFlusher flusher;
    private final BufferedBytes buffered;

    /** Small frames that were not written yet; null when there are none. */
    private @Nullable ByteBuf scratch;

    /** The buffer of a run of large frames that was not written yet, with our reference; null when there is none. */
    private @Nullable ByteBuf run;

    private int runStart;
    private int runEnd;
    private int unflushedBytes;
    private boolean dirty;

    /** The socket did not take all of the last flush. */
    private boolean stalled;

    /** What of it was counted as kept; 0 as long as the socket takes everything. */
    private int waiting;

    private boolean closed;

    OutgoingBytes(ChannelHandlerContext ctx, LoopFlusher flusher, BufferedBytes buffered) {
        this.ctx = ctx;
        this.flusher = flusher;
        this.buffered = buffered;
    }

    /** Where small frames are written to, behind everything so far. The caller keeps no reference. */
    ByteBuf scratch(int bytes) {
        if (run != null) {
            write();
        }
        ByteBuf out = scratch;
        if (out == null) {
            out = flusher.scratch();
            if (out == null) {
                out = ctx.alloc().ioBuffer(Math.max(SCRATCH_BYTES, bytes));
            }
            scratch = out;
        }
        return out;
    }

    /** Borrows the buffer: copies a little of it, and takes a reference for much. */
    void append(ByteBuf buffer, int at, int length) {
        if (length <= COPIED_BYTES) {
            scratch(length).writeBytes(buffer, at, length);
        } else {
            slice(buffer, at, length);
        }
    }

    @SuppressWarnings("ReferenceEquality") // The same memory is meant, not the same content.
    private void slice(ByteBuf buffer, int at, int length) {
        if (run == buffer && runEnd == at) {
            runEnd = at + length;
            return;
        }
        write();
        run = buffer.retain();
        runStart = at;
        runEnd = at + length;
    }

    /** To be told after each frame: what was gathered leaves at the end of the turn, or at once when it is much. */
    void written(int bytes) {
        unflushedBytes += bytes;
        if (!dirty) {
            dirty = true;
            flusher.add(this);
        } else if (unflushedBytes >= FLUSH_AT_BYTES) {
            // Do not let a burst of one turn look like a full socket.
            flushNow();
        }
    }

    /** The end of the turn. */
    void flush() {
        dirty = false;
        if (!closed) {
            flushNow();
        }
    }

    private void flushNow() {
        unflushedBytes = 0;
        write();
        ctx.flush();
        ChannelOutboundBuffer left = ctx.channel().unsafe().outboundBuffer();
        stalled = left != null && !left.isEmpty();
        if (stalled || waiting > 0) {
            count(left);
        }
    }

    /** What a socket does not take is memory as what flows keep. Asks to be told when all of it has left. */
    private void count(@Nullable ChannelOutboundBuffer left) {
        int before = waiting;
        // What was written and not flushed is none of the socket's doing.
        waiting = left == null || left.isEmpty() ? 0 : (int) Math.min(Integer.MAX_VALUE, left.totalPendingWriteBytes());
        buffered.add(waiting - before);
        if (before == 0 && waiting > 0) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> countAnew());
        }
    }

    private void countAnew() {
        buffered.remove(waiting);
        waiting = 0;
        count(ctx.channel().unsafe().outboundBuffer());
    }

    /** Gives what was gathered to the channel. */
    private void write() {
        ByteBuf small = scratch;
        if (small != null) {
            scratch = null;
            ctx.write(small, ctx.voidPromise());
        }
        ByteBuf large = run;
        if (large != null) {
            run = null;
            ctx.write(outOf(large, runStart, runEnd - runStart), ctx.voidPromise());
        }
    }

    /** Takes over the reference. A small part that will wait for the socket must not hold a large buffer. */
    private ByteBuf outOf(ByteBuf buffer, int at, int length) {
        if (!stalled || buffered.isWorthRetaining(length, buffer.capacity())) {
            return buffer.slice(at, length);
        }
        ByteBuf copy = ctx.alloc().ioBuffer(length).writeBytes(buffer, at, length);
        buffer.release();
        return copy;
    }

    /** Nothing is written any more; what was gathered is released. */
    void close() {
        closed = true;
        if (scratch != null) {
            scratch.release();
            scratch = null;
        }
        if (run != null) {
            run.release();
            run = null;
        }
    }
}
