/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameReaderTest {
    private final RecordedFrames seen = new RecordedFrames();
    private final LimitCounters counters = new LimitCounters();
    private final FrameReader reader = new FrameReader(
            UnpooledByteBufAllocator.DEFAULT,
            Frame.MIN_MAX_SIZE,
            new AbuseGuard(AbuseLimits.forClients(), counters, () -> 0L),
            seen);

    @AfterEach
    void close() {
        reader.close();
    }

    @Test
    void showsEachKindOfFrame() throws Exception {
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.SETTINGS, 0, 0, "000400010000");
        Frame.writeSettingsAck(in);
        frame(in, Frame.HEADERS, Frame.FLAG_END_HEADERS, 1, "828684");
        frame(in, Frame.DATA, Frame.FLAG_END_STREAM, 1, "0102");
        frame(in, Frame.PRIORITY, 0, 3, "0000000110");
        Frame.writeRstStream(in, 1, ErrorCode.CANCEL);
        Frame.writePing(in, 77, true);
        Frame.writeWindowUpdate(in, 0, 5);
        Frame.writeGoAway(in, 7, ErrorCode.NO_ERROR);
        frame(in, 0xee, 0xff, 9, "aabb");

        reader.read(in);

        assertThat(seen.lines)
                .containsExactly(
                        "settings 000400010000",
                        "settings ack",
                        "headers 1 828684",
                        "data 1 0102 costs 2 end",
                        "priority 3",
                        "reset 1 8",
                        "ping 77 ack",
                        "window 0 +5",
                        "goaway 7 0");
        assertThat(in.refCnt()).isZero();
    }

    @Test
    void readsTheSameFramesHoweverTheBytesAreCut() throws Exception {
        ByteBuf whole = Unpooled.buffer();
        frame(whole, Frame.HEADERS, Frame.FLAG_END_HEADERS, 1, "828684");
        frame(whole, Frame.DATA, 0, 1, "00112233445566778899");
        Frame.writeSettingsAck(whole);
        frame(whole, Frame.DATA, Frame.FLAG_END_STREAM, 1, "");
        byte[] bytes = new byte[whole.readableBytes()];
        whole.readBytes(bytes);
        List<String> expected = List.of(
                "headers 1 828684", "data 1 00112233445566778899 costs 10", "settings ack", "data 1  costs 0 end");

        for (int size = 1; size <= bytes.length; size++) {
            seen.lines.clear();
            for (int from = 0; from < bytes.length; from += size) {
                reader.read(Unpooled.copiedBuffer(bytes, from, Math.min(size, bytes.length - from)));
            }
            assertThat(seen.lines).as("pieces of %d", size).isEqualTo(expected);
            assertThat(reader.inMidFrame()).isFalse();
        }
    }

    @Test
    void givesNoBigBufferToAFewBytesThatAnnounceABigFrame() throws Exception {
        CountingAllocator allocator = new CountingAllocator();
        FrameReader careful =
                new FrameReader(allocator, 1 << 20, new AbuseGuard(AbuseLimits.forClients(), counters, () -> 0L), seen);
        ByteBuf in = Unpooled.buffer();
        Frame.writeHeader(in, 1 << 20, Frame.DATA, 0, 1);

        careful.read(in);

        assertThat(careful.inMidFrame()).isTrue();
        assertThat(allocator.largest).isLessThanOrEqualTo(4096);
        careful.close();
    }

    @Test
    void cutsPaddingOffAndCountsIt() throws Exception {
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.DATA, Frame.FLAG_PADDED | Frame.FLAG_END_STREAM, 5, "02aabbcc0000");
        frame(
                in,
                Frame.HEADERS,
                Frame.FLAG_PADDED | Frame.FLAG_END_HEADERS | Frame.FLAG_PRIORITY,
                7,
                "010000000310828600");

        reader.read(in);

        assertThat(seen.lines).containsExactly("data 5 aabbcc costs 6 end", "headers 7 8286");
    }

    @Test
    void joinsContinuations() throws Exception {
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.HEADERS, Frame.FLAG_END_STREAM, 1, "82");
        frame(in, Frame.CONTINUATION, 0, 1, "86");
        frame(in, Frame.CONTINUATION, Frame.FLAG_END_HEADERS, 1, "84");

        reader.read(in);

        assertThat(seen.lines).containsExactly("headers 1 828684 end");
    }

    @Test
    void tellsOfStreamErrorsWithoutEndingTheConnection() throws Exception {
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.PRIORITY, 0, 3, "00000001");
        frame(in, Frame.PRIORITY, 0, 3, "0000000310");
        frame(in, Frame.WINDOW_UPDATE, 0, 3, "00000000");
        frame(in, Frame.HEADERS, Frame.FLAG_PRIORITY | Frame.FLAG_END_HEADERS, 3, "000000031082");

        reader.read(in);

        assertThat(seen.lines)
                .containsExactly(
                        "stream error 3 FRAME_SIZE_ERROR",
                        "stream error 3 PROTOCOL_ERROR",
                        "stream error 3 PROTOCOL_ERROR",
                        "headers 3 82 self-dependent");
    }

    @ParameterizedTest(name = "{0}: {5}")
    @CsvSource({
        "DATA on stream 0, 0, 0, 0, 00, PROTOCOL_ERROR",
        "HEADERS on stream 0, 1, 4, 0, 82, PROTOCOL_ERROR",
        "PRIORITY on stream 0, 2, 0, 0, 0000000110, PROTOCOL_ERROR",
        "RST_STREAM on stream 0, 3, 0, 0, 00000008, PROTOCOL_ERROR",
        "SETTINGS on a stream, 4, 0, 1, '', PROTOCOL_ERROR",
        "PUSH_PROMISE, 5, 4, 1, 0000000282, PROTOCOL_ERROR",
        "PING on a stream, 6, 0, 1, 0000000000000000, PROTOCOL_ERROR",
        "GOAWAY on a stream, 7, 0, 1, 0000000000000000, PROTOCOL_ERROR",
        "CONTINUATION alone, 9, 4, 1, 82, PROTOCOL_ERROR",
        "WINDOW_UPDATE of 0 for the connection, 8, 0, 0, 00000000, PROTOCOL_ERROR",
        "RST_STREAM of 3 bytes, 3, 0, 1, 000008, FRAME_SIZE_ERROR",
        "SETTINGS of 5 bytes, 4, 0, 0, 0000000000, FRAME_SIZE_ERROR",
        "SETTINGS ack with content, 4, 1, 0, 000400010000, FRAME_SIZE_ERROR",
        "PING of 7 bytes, 6, 0, 0, 00000000000000, FRAME_SIZE_ERROR",
        "GOAWAY of 7 bytes, 7, 0, 0, 00000000000000, FRAME_SIZE_ERROR",
        "WINDOW_UPDATE of 3 bytes, 8, 0, 1, 000001, FRAME_SIZE_ERROR",
        "HEADERS too short for priority, 1, 0x24, 1, 00000000, FRAME_SIZE_ERROR",
        "padded DATA without pad length, 0, 8, 1, '', FRAME_SIZE_ERROR",
        "DATA padding as long as the payload, 0, 8, 1, 02aa, PROTOCOL_ERROR",
        "HEADERS padding longer than the payload, 1, 12, 1, 0982, PROTOCOL_ERROR",
    })
    void endsTheConnectionOn(String what, String type, String flags, int streamId, String payload, ErrorCode code) {
        ByteBuf in = Unpooled.buffer();
        frame(in, Integer.decode(type), Integer.decode(flags), streamId, payload);

        assertThat(errorOf(in).code()).as(what).isEqualTo(code);
        assertThat(in.refCnt()).isZero();
    }

    @Test
    void endsTheConnectionWhenAnythingComesInsideAHeaderBlock() {
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.HEADERS, 0, 1, "82");
        frame(in, Frame.DATA, 0, 1, "00");
        assertThat(errorOf(in).code()).isEqualTo(ErrorCode.PROTOCOL_ERROR);
        assertThat(reader.inMidFrame()).isTrue();
    }

    @Test
    void endsTheConnectionWhenAContinuationIsOfAnotherStream() {
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.HEADERS, 0, 1, "82");
        frame(in, Frame.CONTINUATION, Frame.FLAG_END_HEADERS, 3, "84");
        assertThat(errorOf(in).code()).isEqualTo(ErrorCode.PROTOCOL_ERROR);
    }

    @Test
    void wantsSettingsFirstOnANewConnection() throws Exception {
        reader.expectSettingsFirst();
        ByteBuf in = Unpooled.buffer();
        Frame.writePing(in, 1, false);
        assertThat(errorOf(in).code()).isEqualTo(ErrorCode.PROTOCOL_ERROR);
    }

    @Test
    void takesAnyFrameBehindTheFirstSettings() throws Exception {
        reader.expectSettingsFirst();
        ByteBuf in = Unpooled.buffer();
        frame(in, Frame.SETTINGS, 0, 0, "");
        Frame.writePing(in, 1, false);
        reader.read(in);
        assertThat(seen.lines).containsExactly("settings ", "ping 1");
    }

    @Test
    void refusesATooLargeFrameAtItsHeader() {
        ByteBuf in = Unpooled.buffer();
        Frame.writeHeader(in, Frame.MIN_MAX_SIZE + 1, Frame.DATA, 0, 1);
        assertThat(errorOf(in).code()).isEqualTo(ErrorCode.FRAME_SIZE_ERROR);
        assertThat(counters.hits(Limit.FRAME_SIZE)).isEqualTo(1);
    }

    @Test
    void refusesATooLargeFrameWhoseHeaderCameInPieces() throws Exception {
        ByteBuf header = Unpooled.buffer();
        Frame.writeHeader(header, Frame.MAX_MAX_SIZE, Frame.DATA, 0, 1);
        reader.read(header.readRetainedSlice(4));
        assertThat(errorOf(header).code()).isEqualTo(ErrorCode.FRAME_SIZE_ERROR);
    }

    @Test
    void showsNothingMoreOnceClosedInACallback() throws Exception {
        FrameReader[] self = new FrameReader[1];
        RecordedFrames closing = new RecordedFrames() {
            @Override
            public void onPing(long payload, boolean ack) {
                super.onPing(payload, ack);
                self[0].close();
            }
        };
        self[0] = new FrameReader(
                UnpooledByteBufAllocator.DEFAULT,
                Frame.MIN_MAX_SIZE,
                new AbuseGuard(AbuseLimits.forClients(), counters, () -> 0L),
                closing);
        ByteBuf in = Unpooled.buffer();
        Frame.writePing(in, 1, false);
        Frame.writePing(in, 2, false);
        in.writeByte(0);

        self[0].read(in);

        assertThat(closing.lines).containsExactly("ping 1");
        assertThat(self[0].inMidFrame()).isFalse();
    }

    private ConnectionErrorException errorOf(ByteBuf in) {
        return catchThrowableOfType(ConnectionErrorException.class, () -> reader.read(in));
    }

    static void frame(ByteBuf out, int type, int flags, int streamId, String hexPayload) {
        byte[] payload = io.netty.buffer.ByteBufUtil.decodeHexDump(hexPayload);
        Frame.writeHeader(out, payload.length, type, flags, streamId);
        out.writeBytes(payload);
    }
}
