/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * What sockets are read into. Small reads of all sockets of an event loop go into the same memory, one after the other: no
 * allocation, no second read because a tight guess was exactly filled. A socket that delivers in bulk gets buffers of its
 * own, as large as what it last delivered: what is kept of them waits where it was read, without being copied. Thread-safe;
 * the shared buffers belong to the thread that reads.
 */
public final class LoopReads implements RecvByteBufAllocator {
    /** Also what somebody holds who keeps a part of a small read. */
    private static final int SMALL_BYTES = 16 * 1024;

    /** Sockets whose small reads of one turn may be held until its end. */
    private static final int SMALL_BUFFERS = 4;

    private static final int LEAST_BYTES = 512;
    private static final int MOST_BYTES = 256 * 1024;

    private static final FastThreadLocal<ReusedBuffers> OF_THIS_LOOP = new FastThreadLocal<>() {
        @Override
        protected ReusedBuffers initialValue() {
            return new ReusedBuffers(SMALL_BYTES, SMALL_BUFFERS);
        }
    };

    private final AdaptiveRecvByteBufAllocator sizes =
            new AdaptiveRecvByteBufAllocator(LEAST_BYTES, LEAST_BYTES, MOST_BYTES);

    @Override
    @SuppressWarnings("deprecation") // The interface demands the old kind of handle.
    public Handle newHandle() {
        return new Reads(sizes.newHandle());
    }

    @SuppressWarnings("deprecation")
    private static final class Reads extends DelegatingHandle implements ExtendedHandle {
        private boolean started;

        private Reads(Handle sizes) {
            super(sizes);
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            int guess = guess();
            if (!started) {
                // Whoever has not yet said enough to be known gets no more than that to hold on to.
                started = true;
                return allocator.ioBuffer(guess);
            }
            ByteBuf shared = guess <= SMALL_BYTES ? OF_THIS_LOOP.get().take() : null;
            return shared == null ? allocator.ioBuffer(guess) : shared;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreDataSupplier) {
            return ((ExtendedHandle) delegate()).continueReading(maybeMoreDataSupplier);
        }
    }
}
