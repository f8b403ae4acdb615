/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;

class ReusedBuffersTest {
    private final ReusedBuffers buffers = new ReusedBuffers(64, 2);

    @Test
    void givesTheSameMemoryAgainOnceItIsReleased() {
        ByteBuf first = taken();
        first.writeLong(1);
        first.release();

        ByteBuf second = taken();

        assertThat(second.memoryAddress()).isEqualTo(first.memoryAddress());
        assertThat(second.isReadable()).isFalse();
        second.release();
    }

    @Test
    void leavesAloneWhatSomebodyStillHoldsAPartOf() {
        ByteBuf first = taken().writeLong(7);
        ByteBuf part = first.retainedSlice(0, 8);
        first.release();

        ByteBuf second = taken();
        second.writeLong(8);

        assertThat(part.getLong(0)).isEqualTo(7);
        part.release();
        second.release();
    }

    @Test
    void hasNoneWhileAllAreHeld() {
        ByteBuf first = taken();
        ByteBuf second = taken();

        assertThat(buffers.take()).isNull();

        first.release();
        ByteBuf again = taken();
        assertThat(again.memoryAddress()).isEqualTo(first.memoryAddress());
        again.release();
        second.release();
    }

    /** A taker that loses a buffer would only make the next ones allocate: nobody else would notice. */
    @Test
    void knowsOfABufferThatDoesNotComeBack() {
        long before = ReusedBuffers.lent();
        ByteBuf lost = taken();
        assertThat(ReusedBuffers.lent()).isEqualTo(before + 1);

        lost.release();
        assertThat(ReusedBuffers.lent()).isEqualTo(before);
    }

    @Test
    void doesNotKeepABufferThatItsTakerLetGrow() {
        ByteBuf first = taken();
        first.writeZero(1000).release();

        ByteBuf second = taken();

        assertThat(second.capacity()).isEqualTo(64);
        second.release();
        second.release();
    }

    private ByteBuf taken() {
        return requireNonNull(buffers.take());
    }
}
