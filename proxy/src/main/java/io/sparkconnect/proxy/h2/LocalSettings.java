/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;

/**
 * What we advertise on one side.
 *
 * @param asClient we are the client of the hop: push is switched off, and no limit of streams is named
 * @param maxConcurrentStreams toward clients
 * @param initialWindowSize bytes of each stream that the peer may send before we return credit
 * @param connectionWindow bytes of all streams; at least the protocol's 65,535
 * @param maxFrameSize payload bytes that we accept
 * @param maxHeaderListSize bytes of header list that we accept
 */
public record LocalSettings(
        boolean asClient,
        int maxConcurrentStreams,
        int initialWindowSize,
        int connectionWindow,
        int maxFrameSize,
        int maxHeaderListSize) {

    public LocalSettings {
        if (connectionWindow < FlowWindow.DEFAULT) {
            throw new IllegalArgumentException("connectionWindow: " + connectionWindow + " (expected: >= 65535)");
        }
        if (maxFrameSize < Frame.MIN_MAX_SIZE || maxFrameSize > Frame.MAX_MAX_SIZE) {
            throw new IllegalArgumentException("maxFrameSize: " + maxFrameSize + " (expected: 16384 to 16777215)");
        }
    }

    /** Appends SETTINGS, and the WINDOW_UPDATE that raises the connection's window, which SETTINGS cannot. */
    public void write(ByteBuf out) {
        int entries = 4;
        Frame.writeHeader(out, entries * 6, Frame.SETTINGS, 0, 0);
        if (asClient) {
            entry(out, PeerSettings.ENABLE_PUSH, 0);
        } else {
            entry(out, PeerSettings.MAX_CONCURRENT_STREAMS, maxConcurrentStreams);
        }
        entry(out, PeerSettings.INITIAL_WINDOW_SIZE, initialWindowSize);
        entry(out, PeerSettings.MAX_FRAME_SIZE, maxFrameSize);
        entry(out, PeerSettings.MAX_HEADER_LIST_SIZE, maxHeaderListSize);
        if (connectionWindow > FlowWindow.DEFAULT) {
            Frame.writeWindowUpdate(out, 0, connectionWindow - FlowWindow.DEFAULT);
        }
    }

    private static void entry(ByteBuf out, int id, int value) {
        out.writeShort(id);
        out.writeInt(value);
    }
}
