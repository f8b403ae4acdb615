/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the beginning of a response until the router has seen its first message and lets it pass. Confined to the loop;
 * owns what it keeps.
 */
final class FirstMessageHold {
    private static final int PREFIX_BYTES = 5;

    /** Longest message that is shown; also the most that is kept, for the server's window may be larger. */
    static final int MOST_BYTES = 64 * 1024;

    private final ByteBuf kept;
    private final BufferedBytes buffered;
    private final Consumer<ByteBuf> show;
    private boolean shown;
    private boolean ended;
    private @Nullable HeaderList trailers;

    /** @param show gets the first message without its prefix, valid during the call; called at most once */
    FirstMessageHold(ByteBufAllocator allocator, BufferedBytes buffered, Consumer<ByteBuf> show) {
        this.buffered = buffered;
        // Room for a frame header in front, so that all of it can pass on as one frame.
        this.kept = allocator.ioBuffer(512).writeZero(Frame.HEADER_LENGTH);
        this.show = show;
    }

    void add(ByteBuf in, int payload, int length, boolean end) {
        kept.writeBytes(in, payload, length);
        buffered.add(length);
        ended |= end;
        if (!shown && length() >= PREFIX_BYTES && isPlain()) {
            long message = messageLength();
            if (length() >= PREFIX_BYTES + message) {
                shown = true;
                show.accept(kept.slice(Frame.HEADER_LENGTH + PREFIX_BYTES, (int) message));
            }
        }
    }

    void end(HeaderList last) {
        trailers = last;
        ended = true;
    }

    /**
     * Whether waiting makes sense: the message may still come and be shown, or the router thinks about it. When not, a
     * response that was to be inspected cannot be.
     */
    boolean isPending() {
        if (shown) {
            return true;
        }
        if (ended) {
            return false;
        }
        return length() < PREFIX_BYTES || (isPlain() && messageLength() <= MOST_BYTES);
    }

    /** Whether the response carries no message at all, so that there is nothing to inspect: an error, as trailers. */
    boolean isEmpty() {
        return length() == 0;
    }

    /** Memory that is held. */
    int held() {
        return kept.capacity();
    }

    private int length() {
        return kept.writerIndex() - Frame.HEADER_LENGTH;
    }

    private boolean isPlain() {
        return kept.getByte(Frame.HEADER_LENGTH) == 0;
    }

    private long messageLength() {
        return kept.getUnsignedInt(Frame.HEADER_LENGTH + 1);
    }

    /** Hands everything to the flow, in order; not to be used afterwards. */
    void passTo(Flow flow) {
        try {
            if (length() > 0 || (ended && trailers == null)) {
                flow.data(kept, 0, length(), ended && trailers == null);
            }
            if (trailers != null) {
                flow.headers(trailers, true);
            }
        } finally {
            drop();
        }
    }

    void drop() {
        buffered.remove(length());
        kept.release();
    }
}
