/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the beginning of a response until the router has seen its first message and lets it pass. Confined to the loop;
 * owns what it holds.
 */
final class FirstMessageHold {
    private static final int PREFIX_BYTES = 5;

    private final ByteBuf held;
    private final int mostBytes;
    private final Consumer<ByteBuf> show;
    private boolean shown;
    private boolean endOfStream;
    private @Nullable Http2Headers trailers;

    /**
     * @param show gets the first message without its prefix, valid during the call; called at most once. Not called for a
     *     compressed message or one longer than {@code mostBytes}: then {@link #canBeShown} turns false
     */
    FirstMessageHold(ByteBufAllocator allocator, int mostBytes, Consumer<ByteBuf> show) {
        this.held = allocator.buffer(256);
        this.mostBytes = mostBytes;
        this.show = show;
    }

    void add(ByteBuf data, boolean end) {
        held.writeBytes(data, data.readerIndex(), data.readableBytes());
        endOfStream |= end;
        if (!shown && held.readableBytes() >= PREFIX_BYTES && isShowable() && isComplete()) {
            shown = true;
            // What is shown may be passed on, and so let go, before the call returns.
            ByteBuf message = held.retainedSlice(held.readerIndex() + PREFIX_BYTES, (int) messageLength());
            try {
                show.accept(message);
            } finally {
                message.release();
            }
        }
    }

    /** Whether waiting makes sense: the message is on its way and will be shown, or was shown and is being thought about. */
    boolean canBeShown() {
        if (shown) {
            return true;
        }
        boolean moreMayCome = trailers == null && !endOfStream;
        if (held.readableBytes() < PREFIX_BYTES) {
            return moreMayCome;
        }
        return isShowable() && (moreMayCome || isComplete());
    }

    private boolean isShowable() {
        return held.getByte(held.readerIndex()) == 0 && messageLength() <= mostBytes;
    }

    private boolean isComplete() {
        return held.readableBytes() >= PREFIX_BYTES + messageLength();
    }

    private long messageLength() {
        return held.getUnsignedInt(held.readerIndex() + 1);
    }

    void end(Http2Headers last) {
        trailers = last;
    }

    /** Hands everything to the flow, in order; not to be used afterwards. */
    void passTo(BodyFlow flow) {
        try {
            if (held.isReadable() || endOfStream) {
                flow.offer(held, endOfStream);
            }
            if (trailers != null) {
                flow.end(trailers);
            }
        } finally {
            held.release();
        }
    }

    void drop() {
        held.release();
    }
}
