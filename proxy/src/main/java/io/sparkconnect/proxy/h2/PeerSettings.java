/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;

/**
 * What the peer's SETTINGS allow us (RFC 9113 section 6.5.2), beginning with the protocol's defaults. Settings belong to one
 * hop and are never relayed: gRPC's 0xFE03, for one, would break binary metadata.
 */
public final class PeerSettings {
    static final int HEADER_TABLE_SIZE = 0x1;
    static final int ENABLE_PUSH = 0x2;
    static final int MAX_CONCURRENT_STREAMS = 0x3;
    static final int INITIAL_WINDOW_SIZE = 0x4;
    static final int MAX_FRAME_SIZE = 0x5;
    static final int MAX_HEADER_LIST_SIZE = 0x6;

    private long headerTableSize = 4096;
    private long maxConcurrentStreams = Long.MAX_VALUE;
    private int initialWindowSize = FlowWindow.DEFAULT;
    private int maxFrameSize = Frame.MIN_MAX_SIZE;
    private long maxHeaderListSize = Long.MAX_VALUE;

    /**
     * Takes all entries in their order; the last of equal ones holds.
     *
     * @param fromServer a server must not enable push at a client
     */
    public void apply(ByteBuf entries, boolean fromServer) throws ConnectionErrorException {
        while (entries.isReadable()) {
            int id = entries.readUnsignedShort();
            long value = entries.readUnsignedInt();
            switch (id) {
                case HEADER_TABLE_SIZE -> headerTableSize = value;
                case ENABLE_PUSH -> require(value == 0 || (value == 1 && !fromServer), "ENABLE_PUSH", value);
                case MAX_CONCURRENT_STREAMS -> maxConcurrentStreams = value;
                case INITIAL_WINDOW_SIZE -> {
                    if (value > FlowWindow.MAX) {
                        throw new ConnectionErrorException(
                                ErrorCode.FLOW_CONTROL_ERROR,
                                "INITIAL_WINDOW_SIZE: " + value + " (expected: at most 2^31-1)");
                    }
                    initialWindowSize = (int) value;
                }
                case MAX_FRAME_SIZE -> {
                    require(value >= Frame.MIN_MAX_SIZE && value <= Frame.MAX_MAX_SIZE, "MAX_FRAME_SIZE", value);
                    maxFrameSize = (int) value;
                }
                case MAX_HEADER_LIST_SIZE -> maxHeaderListSize = value;
                default -> {} // section 6.5.2: unknown settings are ignored
            }
        }
    }

    private static void require(boolean holds, String name, long value) throws ConnectionErrorException {
        if (!holds) {
            throw new ConnectionErrorException(ErrorCode.PROTOCOL_ERROR, name + ": " + value);
        }
    }

    public long headerTableSize() {
        return headerTableSize;
    }

    public long maxConcurrentStreams() {
        return maxConcurrentStreams;
    }

    public int initialWindowSize() {
        return initialWindowSize;
    }

    public int maxFrameSize() {
        return maxFrameSize;
    }

    public long maxHeaderListSize() {
        return maxHeaderListSize;
    }
}
