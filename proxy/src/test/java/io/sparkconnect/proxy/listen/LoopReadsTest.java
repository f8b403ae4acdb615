/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator.Handle;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation") // Netty's interface for these handles.
class LoopReadsTest {
    private static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(true);
    private static final int BULK = 200 * 1024;

    private final LoopReads reads = new LoopReads();

    @Test
    void readsSmallThingsOfAllSocketsOfAThreadIntoTheSameMemory() {
        Handle one = beyondFirstRead();
        Handle other = beyondFirstRead();

        ByteBuf first = one.allocate(ALLOCATOR);
        first.release();
        ByteBuf second = other.allocate(ALLOCATOR);

        assertThat(second.memoryAddress()).isEqualTo(first.memoryAddress());
        second.release();
    }

    @Test
    void allocatesWhenEverySharedBufferIsHeld() {
        Handle handle = beyondFirstRead();
        ByteBuf[] held = new ByteBuf[16];
        for (int i = 0; i < held.length; i++) {
            held[i] = handle.allocate(ALLOCATOR);
        }

        assertThat(held).extracting(ByteBuf::memoryAddress).doesNotHaveDuplicates();
        for (ByteBuf buffer : held) {
            buffer.release();
        }
    }

    @Test
    void givesASocketThatDeliversInBulkBuffersOfItsOwn() {
        Handle bulk = beyondFirstRead();
        for (int i = 0; i < 100; i++) {
            bulk.attemptedBytesRead(BULK);
            bulk.lastBytesRead(BULK);
        }
        ByteBuf small = beyondFirstRead().allocate(ALLOCATOR);
        small.release();

        ByteBuf large = bulk.allocate(ALLOCATOR);

        assertThat(large.capacity()).isGreaterThanOrEqualTo(BULK);
        assertThat(large.memoryAddress()).isNotEqualTo(small.memoryAddress());
        large.release();
    }

    @Test
    void givesLittleToASocketThatHasSaidNothingYet() {
        ByteBuf first = reads.newHandle().allocate(ALLOCATOR);

        assertThat(first.capacity()).isLessThanOrEqualTo(1024);
        first.release();
    }

    private Handle beyondFirstRead() {
        Handle handle = reads.newHandle();
        handle.allocate(ALLOCATOR).release();
        return handle;
    }
}
