/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.sparkconnect.proxy.h2.ConnectionErrorException;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderEncoder;
import io.sparkconnect.proxy.h2.HeaderList;
import io.sparkconnect.proxy.h2.PeerSettings;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The way out of one connection: writes frames, keeps the connection's send window, and the flows that wait for it or for
 * the socket. Confined to its loop. Borrows what it is shown; its {@link OutgoingBytes} own what is not yet written.
 */
final class Outlet {
    private static final int TELL_AT_BYTES = 1 << 20;

    private final ChannelHandlerContext ctx;
    private final OutgoingBytes out;
    private final PeerSettings peer;
    private final Runnable onControlWaiting;
    private final HeaderEncoder encoder = new HeaderEncoder();
    private final FlowWindow window = new FlowWindow(FlowWindow.DEFAULT);
    private final Queue<Flow> waiting = new ArrayDeque<>(2);

    private int controlFramesWaiting;
    private int controlBytesWaiting;
    private boolean told;
    private int dataFrames;
    private boolean closed;

    /** @param onControlWaiting asked to look at what waits, in a turn of its own, when header blocks pile up */
    Outlet(
            ChannelHandlerContext ctx,
            LoopFlusher flusher,
            BufferedBytes buffered,
            PeerSettings peer,
            Runnable onControlWaiting) {
        this.onControlWaiting = onControlWaiting;
        this.ctx = ctx;
        this.out = new OutgoingBytes(ctx, flusher, buffered);
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
        out.append(buffer, at, length);
        out.written(length);
    }

    /** Writes a frame header of our own and {@code payload} bytes of {@code buffer} behind it. Borrows the buffer. */
    void dataWithNewHeader(ByteBuf buffer, int at, int payload, boolean endStream, int streamId) {
        window.take(payload);
        if (closed) {
            return;
        }
        dataFrames++;
        Frame.writeHeader(
                out.scratch(Frame.HEADER_LENGTH), payload, Frame.DATA, endStream ? Frame.FLAG_END_STREAM : 0, streamId);
        out.append(buffer, at, payload);
        out.written(Frame.HEADER_LENGTH + payload);
    }

    void headers(int streamId, HeaderList list, boolean endStream) {
        if (closed) {
            return;
        }
        ByteBuf block = out.scratch(256);
        int before = block.writerIndex();
        encoder.write(block, streamId, list, endStream, peer.maxFrameSize());
        int length = block.writerIndex() - before;
        dataFrames++;
        out.written(length);
        countControlFrame(length);
    }

    /** How many DATA and HEADERS frames were written; wraps around. */
    int dataFrames() {
        return dataFrames;
    }

    // Control frames.

    void rstStream(int streamId, ErrorCode code) {
        if (!closed) {
            Frame.writeRstStream(out.scratch(Frame.HEADER_LENGTH + Integer.BYTES), streamId, code);
            control(Frame.HEADER_LENGTH + Integer.BYTES);
        }
    }

    void windowUpdate(int streamId, int increment) {
        if (!closed) {
            Frame.writeWindowUpdate(out.scratch(Frame.HEADER_LENGTH + Integer.BYTES), streamId, increment);
            control(Frame.HEADER_LENGTH + Integer.BYTES);
        }
    }

    void ping(long payload, boolean ack) {
        if (!closed) {
            Frame.writePing(out.scratch(Frame.HEADER_LENGTH + Long.BYTES), payload, ack);
            control(Frame.HEADER_LENGTH + Long.BYTES);
        }
    }

    void goAway(int lastStreamId, ErrorCode code) {
        if (!closed) {
            Frame.writeGoAway(out.scratch(Frame.HEADER_LENGTH + 2 * Integer.BYTES), lastStreamId, code);
            control(Frame.HEADER_LENGTH + 2 * Integer.BYTES);
        }
    }

    void settingsAck() {
        if (!closed) {
            Frame.writeSettingsAck(out.scratch(Frame.HEADER_LENGTH));
            control(Frame.HEADER_LENGTH);
        }
    }

    /** For what precedes all frames: the caller appends to the buffer at once, and keeps no reference. */
    ByteBuf beginning() {
        ByteBuf beginning = out.scratch(OutgoingBytes.SCRATCH_BYTES);
        out.written(0);
        return beginning;
    }

    private void control(int bytes) {
        out.written(bytes);
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

    /** Bytes that wait for the socket. */
    long waitingBytes() {
        ChannelOutboundBuffer waiting = ctx.channel().unsafe().outboundBuffer();
        return waiting == null ? 0 : waiting.totalPendingWriteBytes();
    }

    void flush() {
        out.flush();
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
        out.close();
    }
}
