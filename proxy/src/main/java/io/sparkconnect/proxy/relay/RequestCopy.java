/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sparkconnect.proxy.h2.Frame;
import org.jspecify.annotations.Nullable;

/** A small request, kept on the heap so that it can be sent again. Immutable. */
final class RequestCopy {
    /** Few requests are larger, but for uploads. */
    private static final int MOST_BYTES = 4096;

    private final byte[] body;

    private RequestCopy(byte[] body) {
        this.body = body;
    }

    /** Null for a request that is too large. */
    static @Nullable RequestCopy of(ByteBuf in, int payload, int length) {
        if (length > MOST_BYTES) {
            return null;
        }
        byte[] body = new byte[length];
        in.getBytes(payload, body);
        return new RequestCopy(body);
    }

    /** In place of what the flow has kept of it. */
    void sendAgain(Flow request, ByteBufAllocator allocator) {
        request.discard();
        ByteBuf frame = allocator.buffer(Frame.HEADER_LENGTH + body.length);
        frame.writeZero(Frame.HEADER_LENGTH).writeBytes(body);
        request.data(frame, 0, body.length, true);
        frame.release();
    }
}
