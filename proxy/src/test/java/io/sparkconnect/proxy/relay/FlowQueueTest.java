/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.HeaderList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlowQueueTest {
    private static final int MOST = 1 << 20;

    private final BufferedBytes total = new BufferedBytes(MOST);
    private final FlowQueue queue = new FlowQueue(ByteBufAllocator.DEFAULT, total);
    private final ByteBuf read = Unpooled.buffer(64 * 1024, 64 * 1024);

    @AfterEach
    void clear() {
        queue.clear();
        assertThat(total.bytes()).isZero();
    }

    @Test
    void gathersTinyFramesIntoFewPieces() {
        for (int i = 0; i < 40_000; i++) {
            add(i, false);
        }

        assertThat(total.bytes()).isEqualTo(queue.held()).isBetween(40_000L, 3L * (16 * 1024 + Frame.HEADER_LENGTH));
        int next = 0;
        int pieces = 0;
        while (!queue.isEmpty()) {
            FlowQueue.Piece piece = queue.take();
            for (int i = 0; i < piece.left; i++) {
                assertThat(piece.buffer.getByte(piece.at + i)).isEqualTo((byte) next++);
            }
            piece.buffer.release();
            pieces++;
        }
        assertThat(next).isEqualTo(40_000);
        assertThat(pieces).isEqualTo(3);
    }

    @Test
    void addsNothingBehindAnEndOrAHeaderBlock() {
        add(1, false);
        queue.addHeaders(new HeaderList(new DefaultHttp2Headers()), false);
        add(2, false);
        add(3, true);

        assertThat(takeAndRelease().left).isEqualTo(1);
        assertThat(takeAndRelease().headers).isNotNull();
        FlowQueue.Piece last = takeAndRelease();
        assertThat(last.left).isEqualTo(2);
        assertThat(last.end).isTrue();
    }

    @Test
    void addsNothingToWhatHasLeftInPart() {
        add(1, false);
        add(2, false);
        FlowQueue.Piece first = queue.take();
        first.advance(1);
        queue.putBack(first);
        add(3, false);

        assertThat(takeAndRelease().left).isEqualTo(1);
        assertThat(takeAndRelease().left).isEqualTo(1);
    }

    @Test
    void countsAllOfABufferThatAPieceHoldsOnTo() {
        queue.addData(read, 0, 16 * 1024, false, false);
        queue.addData(read, 16 * 1024, 16 * 1024, false, false);
        assertThat(total.bytes()).as("once").isEqualTo(64 * 1024);

        takeAndRelease();
        assertThat(total.bytes()).as("the second holds it still").isEqualTo(64 * 1024);
        FlowQueue.Piece second = queue.take();
        assertThat(total.bytes()).isZero();
        second.advance(100);
        queue.putBack(second);
        assertThat(total.bytes()).isEqualTo(64 * 1024);
        assertThat(read.refCnt()).isEqualTo(2);
    }

    @Test
    void copiesOutOfLargerBuffersOnceMemoryIsScarce() {
        total.add(MOST / 4);
        queue.addData(read, 0, 48 * 1024, false, false);
        assertThat(read.refCnt()).as("three quarters").isEqualTo(1);
        assertThat(queue.held()).isBetween(48 * 1024, 49 * 1024);

        queue.addData(read, 0, 60 * 1024, false, false);
        assertThat(read.refCnt()).as("nearly all of it").isEqualTo(2);
        total.remove(MOST / 4);
    }

    @Test
    void isStuckWhenNothingHasLeftSinceTheLastLook() {
        assertThat(queue.isStuck()).as("empty").isFalse();
        add(1, false);
        assertThat(queue.isStuck()).isTrue();
        queue.hasMoved();
        assertThat(queue.isStuck()).isFalse();
        assertThat(queue.isStuck()).isTrue();
    }

    private void add(int value, boolean end) {
        read.setByte(Frame.HEADER_LENGTH, value);
        queue.addData(read, Frame.HEADER_LENGTH, 1, end, true);
    }

    private FlowQueue.Piece takeAndRelease() {
        FlowQueue.Piece piece = queue.take();
        piece.buffer.release();
        return piece;
    }
}
