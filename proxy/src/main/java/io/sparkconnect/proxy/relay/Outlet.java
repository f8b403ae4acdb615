/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderEncoder;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.PeerSettings;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The way out of one connection: gathers frames, keeps the connection's send window, and the flows that wait for it or for
 * the socket. Confined to its loop.
 *
 * <p>Small frames are copied one behind the other into a scratch buffer, large ones leave as slices of what was read, and
 * large frames that lie next to each other leave as one slice: fewer pieces for the system call.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or close that fails shows as channelInactive.
final class Outlet {
    private static final int COPIED_BYTES = 1024;
    private static final int SCRATCH_BYTES = 2048;
    private static final int FLUSH_AT_BYTES = 128 * 1024;
    private static final int TELL_AT_BYTES = 1 << 20;

    private final ChannelHandlerContext ctx;
    private final LoopFlusher flusher;
    private final PeerSettings peer;
    private final Runnable onControlWaiting;
    private final HeaderEncoder encoder = new HeaderEncoder();
    private final FlowWindow window = new FlowWindow(FlowWindow.DEFAULT);
    private final Queue<Flow> waiting = new ArrayDeque<>(2);

    /** Small frames that were not written yet; null when there are none. */
    private @Nullable ByteBuf scratch;

    /** The buffer of a run of large frames that was not written yet, with our reference; null when there is none. */
    private @Nullable ByteBuf run;

    private int runStart;
    private int runEnd;
    private int unflushedBytes;
    private int controlFramesWaiting;
    private int controlBytesWaiting;
    private boolean told;
    private int dataFrames;
    private boolean dirty;
    private boolean closed;

    /** @param onControlWaiting asked to look at what waits, in a turn of its own, when header blocks pile up */
    Outlet(ChannelHandlerContext ctx, LoopFlusher flusher, PeerSettings peer, Runnable onControlWaiting) {
        this.onControlWaiting = onControlWaiting;
        this.ctx = ctx;
        this.flusher = flusher;
        this.peer = peer;
    }

    // Frames that belong to a flow.

    /** How many bytes of DATA one frame of a stream may have now; 0 when the socket or the connection's window is full. */
    int sendable() {
        return ctx.channel().isWritable() ? Math.min(window.available(), peer.maxFrameSize()) : 0;
    }

    /** Writes a frame that lies whole in {@code buffer}, its header set. Borrows the buffer: keeps a reference if it must. */
    void frame(ByteBuf buffer, int at, int length, int payload) {
        window.take(payload);
        if (closed) {
            return;
        }
        dataFrames++;
        if (length <= COPIED_BYTES) {
            scratch(length).writeBytes(buffer, at, length);
        } else {
            slice(buffer, at, length);
        }
        written(length);
    }

    /** Writes a frame header of our own and {@code payload} bytes of {@code buffer} behind it. Borrows the buffer. */
    void dataWithNewHeader(ByteBuf buffer, int at, int payload, boolean endStream, int streamId) {
        window.take(payload);
        if (closed) {
            return;
        }
        dataFrames++;
        ByteBuf out = scratch(Frame.HEADER_LENGTH);
        Frame.writeHeader(out, payload, Frame.DATA, endStream ? Frame.FLAG_END_STREAM : 0, streamId);
        if (payload <= COPIED_BYTES) {
            scratch(payload).writeBytes(buffer, at, payload);
        } else {
            slice(buffer, at, payload);
        }
        written(Frame.HEADER_LENGTH + payload);
    }

    void headers(int streamId, HeaderList list, boolean endStream) {
        if (closed) {
            return;
        }
        ByteBuf out = scratch(256);
        int before = out.writerIndex();
        encoder.write(out, streamId, list, endStream, peer.maxFrameSize());
        dataFrames++;
        written(out.writerIndex() - before);
        countControlFrame(out.writerIndex() - before);
    }

    /** How many DATA and HEADERS frames were written; wraps around. */
    int dataFrames() {
        return dataFrames;
    }

    @SuppressWarnings("ReferenceEquality") // The same memory is meant, not the same content.
    private void slice(ByteBuf buffer, int at, int length) {
        if (run == buffer && runEnd == at) {
            runEnd = at + length;
            return;
        }
        writeGathered();
        run = buffer.retain();
        runStart = at;
        runEnd = at + length;
    }

    // Control frames.

    void rstStream(int streamId, ErrorCode code) {
        if (!closed) {
            Frame.writeRstStream(scratch(Frame.HEADER_LENGTH + Integer.BYTES), streamId, code);
            control(Frame.HEADER_LENGTH + Integer.BYTES);
        }
    }

    void windowUpdate(int streamId, int increment) {
        if (!closed) {
            Frame.writeWindowUpdate(scratch(Frame.HEADER_LENGTH + Integer.BYTES), streamId, increment);
            control(Frame.HEADER_LENGTH + Integer.BYTES);
        }
    }

    void ping(long payload, boolean ack) {
        if (!closed) {
            Frame.writePing(scratch(Frame.HEADER_LENGTH + Long.BYTES), payload, ack);
            control(Frame.HEADER_LENGTH + Long.BYTES);
        }
    }

    void goAway(int lastStreamId, ErrorCode code) {
        if (!closed) {
            Frame.writeGoAway(scratch(Frame.HEADER_LENGTH + 2 * Integer.BYTES), lastStreamId, code);
            control(Frame.HEADER_LENGTH + 2 * Integer.BYTES);
        }
    }

    void settingsAck() {
        if (!closed) {
            Frame.writeSettingsAck(scratch(Frame.HEADER_LENGTH));
            control(Frame.HEADER_LENGTH);
        }
    }

    /** For what precedes all frames: the caller appends to the buffer at once, and keeps no reference. */
    ByteBuf beginning() {
        ByteBuf out = scratch(SCRATCH_BYTES);
        written(0);
        return out;
    }

    private void control(int bytes) {
        written(bytes);
        countControlFrame(bytes);
    }

    private void countControlFrame(int bytes) {
        if (ctx.channel().isWritable()) {
            controlFramesWaiting = 0;
            controlBytesWaiting = 0;
            return;
        }
        controlFramesWaiting++;
        controlBytesWaiting += bytes;
        // Header blocks come from the other side of streams, while this peer may say nothing that we could look at.
        if (controlBytesWaiting >= TELL_AT_BYTES && !told) {
            told = true;
            ctx.executor().execute(this::tell);
        }
    }

    private void tell() {
        told = false;
        if (!closed) {
            onControlWaiting.run();
        }
    }

    /** Frames without flow control that were written since the peer stopped reading. */
    int controlFramesWaiting() {
        return controlFramesWaiting;
    }

    int controlBytesWaiting() {
        return controlBytesWaiting;
    }

    // Gathering and flushing.

    private ByteBuf scratch(int bytes) {
        if (run != null) {
            writeGathered();
        }
        ByteBuf out = scratch;
        if (out == null) {
            out = ctx.alloc().ioBuffer(Math.max(SCRATCH_BYTES, bytes));
            scratch = out;
        }
        return out;
    }

    private void written(int bytes) {
        unflushedBytes += bytes;
        if (!dirty) {
            dirty = true;
            flusher.add(this);
        } else if (unflushedBytes >= FLUSH_AT_BYTES) {
            // Do not let a burst of one turn look like a full socket.
            unflushedBytes = 0;
            writeGathered();
            ctx.flush();
        }
    }

    /** Gives what was gathered to the channel. */
    private void writeGathered() {
        ByteBuf small = scratch;
        if (small != null) {
            scratch = null;
            ctx.write(small, ctx.voidPromise());
        }
        ByteBuf large = run;
        if (large != null) {
            run = null;
            // The slice takes over the reference that the run held.
            ctx.write(large.slice(runStart, runEnd - runStart), ctx.voidPromise());
        }
    }

    void flush() {
        dirty = false;
        if (!closed) {
            unflushedBytes = 0;
            writeGathered();
            ctx.flush();
        }
    }

    // Flows that wait.

    /** A flow has data, its stream's window is open, but {@link #sendable} is 0. Registers it once. */
    void await(Flow flow) {
        waiting.add(flow);
    }

    void forget(Flow flow) {
        waiting.remove(flow);
    }

    /** The connection's window grew. Returns false beyond 2^31-1. */
    boolean credit(int increment) {
        if (!window.add(increment)) {
            return false;
        }
        resume();
        return true;
    }

    /** Lets the flows that wait write one frame each, round and round, as long as there is room. */
    void resume() {
        while (!waiting.isEmpty() && sendable() > 0) {
            waiting.remove().resumeOneFrame();
        }
    }

    void peerSettingsChanged() throws ConnectionErrorException {
        encoder.peerTableSize(peer.headerTableSize());
    }

    /** Nothing is written any more; what was gathered is released. */
    void close() {
        closed = true;
        waiting.clear();
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
