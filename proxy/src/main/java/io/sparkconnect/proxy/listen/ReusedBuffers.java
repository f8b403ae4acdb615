/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A few buffers that are used again and again, so that in the common case nothing is allocated and the same memory stays in
 * the processor's cache. One that somebody still holds is left alone until he releases it. Confined to one event loop, which
 * is also where the takers release.
 */
public final class ReusedBuffers {
    /** Freed with the loop that had them, by the collector; not a leak to be reported. */
    private static final ByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(true, true, false);

    /** Every buffer of every loop, where leaks are looked for: the detector does not see those that are only lent. */
    private static final Queue<ByteBuf> WATCHED = new ConcurrentLinkedQueue<>();

    private final int bytes;
    private final @Nullable ByteBuf[] buffers;

    /**
     * @param bytes capacity of each; a buffer that its taker lets grow is replaced
     * @param most how many; made as they are needed
     */
    public ReusedBuffers(int bytes, int most) {
        this.bytes = bytes;
        this.buffers = new ByteBuf[most];
    }

    /** An empty buffer, which the taker releases as any other; null while all are held. */
    public @Nullable ByteBuf take() {
        for (int i = 0; i < buffers.length; i++) {
            ByteBuf buffer = buffers[i];
            if (buffer == null) {
                return make(i);
            }
            if (buffer.refCnt() == 1) {
                if (buffer.capacity() > bytes) {
                    buffer.release();
                    return make(i);
                }
                return buffer.clear().retain();
            }
        }
        return null;
    }

    private ByteBuf make(int index) {
        ByteBuf made = UNTRACKED.directBuffer(bytes);
        buffers[index] = made;
        if (ResourceLeakDetector.getLevel() == ResourceLeakDetector.Level.PARANOID) {
            WATCHED.add(made);
        }
        return made.retain();
    }

    /** How many buffers somebody holds, over all loops and since the last call that found none; known at level paranoid only. */
    public static long lent() {
        long held = WATCHED.stream().filter(buffer -> buffer.refCnt() > 1).count();
        if (held == 0) {
            WATCHED.clear();
        }
        return held;
    }
}
