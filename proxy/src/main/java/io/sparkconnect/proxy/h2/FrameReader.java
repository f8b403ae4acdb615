/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what a socket read into frames and checks each frame's own layout (RFC 9113 sections 4 to 6). Frames are shown where
 * they lie in the buffer that was read; only a frame that straddles two reads is copied, so that no cumulation ever grows.
 * Holds at most one frame and one header block. Confined to its connection's event loop.
 */
public final class FrameReader {
    private static final int EARNS_WHOLE_FRAME = 1024;
    private static final int PRIORITY_LENGTH = 5;
    private static final int SETTING_LENGTH = 6;

    private final ByteBufAllocator allocator;
    private final int maxFrameSize;
    private final HeaderBlocks blocks;
    private final AbuseGuard guard;
    private final FrameListener listener;

    /** The beginning of a frame that has not come to its end; as large as that frame once its length is known. */
    private @Nullable ByteBuf straddler;

    private int consecutiveEmptyData;
    private boolean closed;
    private boolean settingsFirst;
    private long framesRead;
    private long wholesRead;

    /** @param maxFrameSize what we advertised, bytes of payload */
    public FrameReader(ByteBufAllocator allocator, int maxFrameSize, AbuseGuard guard, FrameListener listener) {
        this.allocator = allocator;
        this.maxFrameSize = maxFrameSize;
        this.guard = guard;
        this.listener = listener;
        this.blocks = new HeaderBlocks(allocator, guard, listener);
    }

    /** The first frame of a connection must be SETTINGS (section 3.4). */
    public void expectSettingsFirst() {
        settingsFirst = true;
    }

    /**
     * Takes the buffer over and releases it. After an exception the connection is broken: close this reader, and read no
     * more.
     */
    public void read(ByteBuf in) throws ConnectionErrorException {
        try {
            if (straddler == null || completeStraddler(in)) {
                readWholeFrames(in);
            }
        } finally {
            in.release();
        }
    }

    private void readWholeFrames(ByteBuf in) throws ConnectionErrorException {
        while (!closed && in.readableBytes() >= Frame.HEADER_LENGTH) {
            int at = in.readerIndex();
            int size = Frame.HEADER_LENGTH + checkedLength(in, at);
            if (in.readableBytes() < size) {
                break;
            }
            in.readerIndex(at + size);
            dispatch(in, at);
        }
        if (!closed && in.isReadable()) {
            straddler = startOfFrame(in);
        }
    }

    private ByteBuf startOfFrame(ByteBuf in) throws ConnectionErrorException {
        int size = in.readableBytes() < Frame.HEADER_LENGTH
                ? Frame.HEADER_LENGTH
                : Frame.HEADER_LENGTH + checkedLength(in, in.readerIndex());
        // A few bytes that announce a big frame do not get its memory yet: that would be a cheap way to make us spend
        // it.
        int initial = in.readableBytes() < EARNS_WHOLE_FRAME ? Math.min(size, 2 * EARNS_WHOLE_FRAME) : size;
        ByteBuf start = allocator.ioBuffer(initial, size);
        start.writeBytes(in);
        return start;
    }

    /** Returns whether the straddling frame is done with, so that the rest of {@code in} begins with a frame. */
    private boolean completeStraddler(ByteBuf in) throws ConnectionErrorException {
        ByteBuf frame = requireNonNull(straddler);
        int missing = frame.maxWritableBytes();
        if (frame.capacity() < frame.maxCapacity() && in.readableBytes() >= frame.writableBytes()) {
            frame.capacity(frame.maxCapacity());
        }
        frame.writeBytes(in, Math.min(missing, in.readableBytes()));
        if (frame.maxWritableBytes() > 0) {
            return false;
        }
        if (frame.maxCapacity() == Frame.HEADER_LENGTH) {
            int length = checkedLength(frame, 0);
            if (length > 0) {
                int size = Frame.HEADER_LENGTH + length;
                straddler = allocator.ioBuffer(Math.min(size, 2 * EARNS_WHOLE_FRAME), size);
                straddler.writeBytes(frame);
                frame.release();
                return completeStraddler(in);
            }
        }
        straddler = null;
        try {
            frame.readerIndex(frame.writerIndex());
            dispatch(frame, 0);
        } finally {
            frame.release();
        }
        return true;
    }

    /** Checked as soon as the header is there: a peer that announces too much is not waited for. */
    private int checkedLength(ByteBuf in, int at) throws ConnectionErrorException {
        int length = Frame.length(in, at);
        if (length > maxFrameSize) {
            throw guard.frameTooLarge(length, maxFrameSize);
        }
        return length;
    }

    private void dispatch(ByteBuf in, int at) throws ConnectionErrorException {
        int type = Frame.type(in, at);
        int flags = Frame.flags(in, at);
        if (framesRead++ == 0) {
            checkFirst(type, flags);
        }
        int streamId = Frame.streamId(in, at);
        int length = Frame.length(in, at);
        blocks.checkContiguous(type, streamId);
        switch (type) {
            case Frame.DATA -> data(in, at, length, flags, streamId);
            case Frame.HEADERS -> {
                requireStream(streamId, "HEADERS");
                blocks.headers(in, at + Frame.HEADER_LENGTH, length, flags, streamId);
            }
            case Frame.CONTINUATION -> blocks.continuation(in, at + Frame.HEADER_LENGTH, length, flags, streamId);
            case Frame.PRIORITY -> priority(in, at, length, streamId);
            case Frame.RST_STREAM -> {
                requireStream(streamId, "RST_STREAM");
                requireLength(length, Integer.BYTES, "RST_STREAM");
                listener.onRstStream(streamId, in.getUnsignedInt(at + Frame.HEADER_LENGTH));
            }
            case Frame.SETTINGS -> settings(in, at, length, flags, streamId);
            case Frame.PUSH_PROMISE ->
                // Clients must not push (section 8.4), and servers were told not to (ENABLE_PUSH 0).
                throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which was never allowed");
            case Frame.PING -> {
                requireNoStream(streamId, "PING");
                requireLength(length, Long.BYTES, "PING");
                listener.onPing(in.getLong(at + Frame.HEADER_LENGTH), (flags & Frame.FLAG_ACK) != 0);
            }
            case Frame.GOAWAY -> goAway(in, at, length, streamId);
            case Frame.WINDOW_UPDATE -> windowUpdate(in, at, length, streamId);
            default -> guard.unknownFrame(); // section 4.1: ignored and discarded
        }
        if (!blocks.isOpen()) {
            wholesRead++;
        }
    }

    private void checkFirst(int type, int flags) throws ConnectionErrorException {
        if (settingsFirst && (type != Frame.SETTINGS || (flags & Frame.FLAG_ACK) != 0)) {
            throw new ConnectionErrorException(
                    ErrorCode.PROTOCOL_ERROR, "first frame of type " + type + " (expected: SETTINGS)");
        }
    }

    private void data(ByteBuf in, int at, int length, int flags, int streamId) throws ConnectionErrorException {
        requireStream(streamId, "DATA");
        boolean endStream = (flags & Frame.FLAG_END_STREAM) != 0;
        int frameAt = at;
        int dataLength = length;
        if ((flags & Frame.FLAG_PADDED) != 0) {
            int padding = padding(in, at, length, "DATA");
            // The header moves one byte up, over the pad length; the padding behind the data is left out.
            dataLength = length - 1 - padding;
            frameAt = at + 1;
        }
        if (dataLength == 0 && !endStream) {
            guard.emptyData(++consecutiveEmptyData);
        } else {
            consecutiveEmptyData = 0;
        }
        Frame.set(in, frameAt, dataLength, Frame.DATA, flags & Frame.FLAG_END_STREAM, streamId);
        listener.onData(streamId, in, frameAt, dataLength, length, endStream);
    }

    /** The number of padding bytes behind the content of a PADDED frame. */
    static int padding(ByteBuf in, int at, int length, String frame) throws ConnectionErrorException {
        if (length < 1) {
            throw new ConnectionErrorException(ErrorCode.FRAME_SIZE_ERROR, "padded " + frame + " without pad length");
        }
        int padding = in.getUnsignedByte(at + Frame.HEADER_LENGTH);
        if (padding >= length) {
            throw new ConnectionErrorException(
                    ErrorCode.PROTOCOL_ERROR,
                    frame + " padding: " + padding + " (expected: less than the payload, " + length + ")");
        }
        return padding;
    }

    private void priority(ByteBuf in, int at, int length, int streamId) throws ConnectionErrorException {
        requireStream(streamId, "PRIORITY");
        guard.priority();
        if (length != PRIORITY_LENGTH) {
            listener.onStreamError(
                    streamId, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY length: " + length + " (expected: 5)");
        } else if ((in.getInt(at + Frame.HEADER_LENGTH) & Integer.MAX_VALUE) == streamId) {
            listener.onStreamError(streamId, ErrorCode.PROTOCOL_ERROR, "stream depends on itself");
        } else {
            listener.onPriority(streamId);
        }
    }

    private void settings(ByteBuf in, int at, int length, int flags, int streamId) throws ConnectionErrorException {
        requireNoStream(streamId, "SETTINGS");
        guard.settings();
        if ((flags & Frame.FLAG_ACK) != 0) {
            requireLength(length, 0, "SETTINGS acknowledgement");
            listener.onSettingsAck();
            return;
        }
        if (length % SETTING_LENGTH != 0) {
            throw new ConnectionErrorException(
                    ErrorCode.FRAME_SIZE_ERROR, "SETTINGS length: " + length + " (expected: a multiple of 6)");
        }
        listener.onSettings(in.slice(at + Frame.HEADER_LENGTH, length));
    }

    private void goAway(ByteBuf in, int at, int length, int streamId) throws ConnectionErrorException {
        requireNoStream(streamId, "GOAWAY");
        guard.goAway();
        if (length < 2 * Integer.BYTES) {
            throw new ConnectionErrorException(
                    ErrorCode.FRAME_SIZE_ERROR, "GOAWAY length: " + length + " (expected: at least 8)");
        }
        int payload = at + Frame.HEADER_LENGTH;
        listener.onGoAway(in.getInt(payload) & Integer.MAX_VALUE, in.getUnsignedInt(payload + Integer.BYTES));
    }

    private void windowUpdate(ByteBuf in, int at, int length, int streamId) throws ConnectionErrorException {
        requireLength(length, Integer.BYTES, "WINDOW_UPDATE");
        int increment = in.getInt(at + Frame.HEADER_LENGTH) & Integer.MAX_VALUE;
        if (increment > 0) {
            listener.onWindowUpdate(streamId, increment);
            return;
        }
        guard.zeroWindowUpdate();
        if (streamId == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of 0 for the connection");
        }
        listener.onStreamError(streamId, ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
    }

    private static void requireStream(int streamId, String frame) throws ConnectionErrorException {
        if (streamId == 0) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, frame + " on stream 0");
        }
    }

    private static void requireNoStream(int streamId, String frame) throws ConnectionErrorException {
        if (streamId != 0) {
            throw new ConnectionErrorException(
                    ErrorCode.PROTOCOL_ERROR, frame + " on stream " + streamId + " (expected: 0)");
        }
    }

    private static void requireLength(int length, int expected, String frame) throws ConnectionErrorException {
        if (length != expected) {
            throw new ConnectionErrorException(
                    ErrorCode.FRAME_SIZE_ERROR, frame + " length: " + length + " (expected: " + expected + ")");
        }
    }

    /** Whole frames so far. */
    public long framesRead() {
        return framesRead;
    }

    /** Whole frames so far, a header block with all its frames as one. */
    public long wholesRead() {
        return wholesRead;
    }

    /** Whether a frame or a header block has begun and not ended: what a slow-loris holds open. */
    public boolean inMidFrame() {
        return straddler != null || blocks.isOpen();
    }

    /** Releases what is held. Allowed in the middle of a callback: no further frame is shown. Idempotent. */
    public void close() {
        closed = true;
        if (straddler != null) {
            straddler.release();
            straddler = null;
        }
        blocks.close();
    }
}
