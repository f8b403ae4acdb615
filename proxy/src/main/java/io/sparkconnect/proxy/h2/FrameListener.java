/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;

/**
 * Told of each frame in the order of arrival, on the thread that reads. The frame's own layout has been checked; what depends
 * on the stream's state has not. Buffers belong to the reader and are valid during the call; whoever keeps bytes retains a
 * slice.
 */
public interface FrameListener {
    /**
     * A DATA frame, whole and without padding.
     *
     * @param frame the listener may patch the frame's own bytes in place and retain a slice of them
     * @param at index of the frame header
     * @param length bytes of payload behind the header
     * @param flowControlled what the frame costs of both windows: {@code length} and the padding that was cut off
     */
    void onData(int streamId, ByteBuf frame, int at, int length, int flowControlled, boolean endStream)
            throws ConnectionErrorException;

    /**
     * A complete header block.
     *
     * @param block readable bytes are the block; the listener must decode it even if it refuses the stream, because it
     *     changes the compression state
     * @param selfDependent the frame makes the stream depend on itself: a stream error (RFC 7540 section 5.3.1)
     */
    void onHeaders(int streamId, ByteBuf block, boolean endStream, boolean selfDependent)
            throws ConnectionErrorException;

    void onRstStream(int streamId, long errorCode) throws ConnectionErrorException;

    /** @param entries readable bytes are a whole number of six-byte settings */
    void onSettings(ByteBuf entries) throws ConnectionErrorException;

    void onSettingsAck() throws ConnectionErrorException;

    void onPing(long payload, boolean ack) throws ConnectionErrorException;

    void onGoAway(int lastStreamId, long errorCode) throws ConnectionErrorException;

    /** @param increment positive */
    void onWindowUpdate(int streamId, int increment) throws ConnectionErrorException;

    /** A PRIORITY frame, which changes nothing (RFC 9113 section 5.3.2). */
    void onPriority(int streamId) throws ConnectionErrorException;

    /** A frame whose own content is an error of its stream only. */
    void onStreamError(int streamId, ErrorCode code, String message) throws ConnectionErrorException;
}
