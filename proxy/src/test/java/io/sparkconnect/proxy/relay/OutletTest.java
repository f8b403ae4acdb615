/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.PeerSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of the buffers that an outlet was lent. */
class OutletTest {
    private static final int LARGE = 256 * 1024;
    private static final int FRAME = 4 * 1024;

    private final Socket socket = new Socket();
    private final BufferedBytes buffered = new BufferedBytes(64 << 20);
    private final Outlet outlet = new Outlet(
            socket.pipeline().firstContext(),
            new LoopFlusher(socket.eventLoop()),
            buffered,
            new PeerSettings(),
            () -> {});
    private final ByteBuf read = Unpooled.directBuffer(LARGE).writeZero(LARGE);

    /** Takes nothing while it is full. */
    private static final class Socket extends EmbeddedChannel {
        private boolean full;

        Socket() {
            super(new ChannelInboundHandlerAdapter());
        }

        @Override
        protected void doWrite(ChannelOutboundBuffer in) throws Exception {
            if (!full) {
                super.doWrite(in);
            }
        }
    }

    @AfterEach
    void release() {
        outlet.close();
        socket.full = false;
        socket.flush();
        socket.finishAndReleaseAll();
        assertThat(read.refCnt()).isEqualTo(1);
        read.release();
        assertThat(buffered.bytes()).as("counted as kept at the end").isZero();
    }

    @Test
    void whatTheSocketDoesNotTakeIsCountedAsKeptUntilItDoes() {
        frame(0, FRAME);
        outlet.flush();
        assertThat(buffered.bytes()).as("while it takes everything").isZero();

        socket.full = true;
        frame(FRAME, FRAME);
        outlet.flush();
        assertThat(buffered.bytes()).isBetween((long) FRAME, 2L * FRAME);
        frame(2 * FRAME, FRAME);
        outlet.flush();
        assertThat(buffered.bytes()).isBetween(2L * FRAME, 3L * FRAME);

        socket.full = false;
        socket.flush();
        assertThat(buffered.bytes()).isZero();
        socket.full = true;
        frame(3 * FRAME, FRAME);
        outlet.flush();
        assertThat(buffered.bytes()).as("and again").isBetween((long) FRAME, 2L * FRAME);
    }

    @Test
    void aLargeFrameLeavesAsAPartOfWhatWasRead() {
        frame(0, FRAME);
        outlet.flush();

        assertThat(read.refCnt()).isEqualTo(2);
        ByteBuf written = socket.readOutbound();
        assertThat(written.readableBytes()).isEqualTo(FRAME);
        written.release();
        assertThat(read.refCnt()).isEqualTo(1);
    }

    @Test
    void framesThatLieNextToEachOtherLeaveAsOne() {
        frame(0, FRAME);
        frame(FRAME, FRAME);
        outlet.flush();

        ByteBuf written = socket.readOutbound();
        assertThat(written.readableBytes()).isEqualTo(2 * FRAME);
        assertThat(socket.outboundMessages()).isEmpty();
        written.release();
    }

    @Test
    void whatWaitsForAFullSocketDoesNotHoldAMuchLargerBuffer() {
        socket.full = true;
        frame(0, FRAME);
        outlet.flush();
        int heldByTheFirst = read.refCnt();
        frame(FRAME, FRAME);
        outlet.flush();

        assertThat(read.refCnt()).isEqualTo(heldByTheFirst);
    }

    @Test
    void smallFramesShareABufferThatIsFreeAgainOnceItIsWritten() {
        frame(0, 100);
        frame(FRAME, 100);
        outlet.flush();

        assertThat(read.refCnt()).isEqualTo(1);
        ByteBuf first = socket.readOutbound();
        assertThat(first.readableBytes()).isEqualTo(200);
        long memory = first.memoryAddress();
        first.release();
        frame(0, 100);
        outlet.flush();
        ByteBuf second = socket.readOutbound();
        assertThat(second.memoryAddress()).isEqualTo(memory);
        second.release();
    }

    private void frame(int at, int length) {
        outlet.frame(read, at, length, length - Frame.HEADER_LENGTH);
    }
}
