/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadersTest {
    private final LimitCounters counters = new LimitCounters();
    private final AbuseGuard guard = new AbuseGuard(AbuseLimits.forClients(), counters, () -> 0L);
    private final HeaderEncoder encoder = new HeaderEncoder();
    private final HeaderDecoder decoder = new HeaderDecoder(guard);

    @Test
    void aListSurvivesFoldingAndUnfolding() throws Exception {
        Http2Headers fields =
                request("/spark.connect.SparkConnectService/ExecutePlan").add("te", "trailers");
        assertThat(roundTrip(new HeaderList(fields)).fields()).isEqualTo(fields);
    }

    @Test
    void aRepeatedBlockIsUnfoldedOnce() throws Exception {
        HeaderList list = new HeaderList(request("/a/b"));
        HeaderList first = roundTrip(list);
        HeaderList second = roundTrip(list);
        HeaderList third = roundTrip(list);

        assertThat(third).isSameAs(second).isNotSameAs(first);
        assertThat(third.fields()).isEqualTo(list.fields());
    }

    @Test
    void aRememberedBlockIsForgottenWhenTheTableChanges() throws Exception {
        // Index 62 is the newest entry: the same byte means another field after each insertion.
        decode("4001780161");
        assertThat(decode("be").fields().get("x")).hasToString("a");
        assertThat(decode("be").fields().get("x")).hasToString("a");
        decode("4001780162");
        assertThat(decode("be").fields().get("x")).hasToString("b");
    }

    @Test
    void anyMixOfListsComesOutAsItWentIn() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        List<HeaderList> lists = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Http2Headers fields = request("/s/m" + i % 5);
            for (int f = random.nextInt(6); f > 0; f--) {
                fields.add("h" + random.nextInt(9), "v".repeat(random.nextInt(200)) + random.nextInt(5));
            }
            if (random.nextBoolean()) {
                fields.add("authorization", "Bearer " + random.nextInt(3));
            }
            lists.add(new HeaderList(fields));
        }
        for (int i = 0; i < 5_000; i++) {
            HeaderList list = lists.get(random.nextInt(random.nextBoolean() ? 4 : lists.size()));
            assertThat(roundTrip(list).fields()).as("block %d", i).isEqualTo(list.fields());
        }
    }

    @Test
    void aTokenNeverEntersTheTable() throws Exception {
        HeaderList list = new HeaderList(request("/a/b").add("authorization", "Bearer secret"));
        roundTrip(list);
        for (int i = 0; i < 3; i++) {
            ByteBuf out = Unpooled.buffer();
            encoder.write(out, 1, list, true, Frame.MIN_MAX_SIZE);
            String block = out.toString(Frame.HEADER_LENGTH, out.readableBytes() - 9, StandardCharsets.ISO_8859_1);
            // Static index 23 as never-indexed literal: 0x1f 0x08.
            assertThat(block).contains("\u001f\b").contains("Bearer secret");
        }
    }

    @Test
    void aLargeBlockGoesOutAsContinuationsInOneRun() throws Exception {
        HeaderList list = new HeaderList(request("/a/b").add("big", "x".repeat(40_000)));

        ByteBuf out = Unpooled.buffer();
        encoder.write(out, 5, list, true, Frame.MIN_MAX_SIZE);

        RecordedFrames seen = new RecordedFrames();
        List<HeaderList> decoded = new ArrayList<>();
        FrameReader reader =
                new FrameReader(UnpooledByteBufAllocator.DEFAULT, Frame.MIN_MAX_SIZE, guard, new RecordedFrames() {
                    @Override
                    public void onHeaders(int streamId, ByteBuf block, boolean endStream, boolean selfDependent) {
                        seen.lines.add("headers " + streamId + (endStream ? " end" : ""));
                        try {
                            decoded.add(decoder.decode(streamId, block));
                        } catch (ConnectionErrorException | StreamErrorException e) {
                            throw new AssertionError(e);
                        }
                    }
                });
        reader.read(out);
        assertThat(seen.lines).containsExactly("headers 5 end");
        assertThat(decoded.get(0).fields()).isEqualTo(list.fields());
    }

    @Test
    void aSmallerTableOfThePeerIsKeptTo() throws Exception {
        HeaderList list = new HeaderList(request("/a/b").add("x", "y"));
        roundTrip(list);
        encoder.peerTableSize(0);
        assertThat(roundTrip(list).fields()).isEqualTo(list.fields());
        assertThat(roundTrip(list).fields()).isEqualTo(list.fields());
        encoder.peerTableSize(1 << 30);
        assertThat(roundTrip(list).fields()).isEqualTo(list.fields());
        assertThat(roundTrip(list).fields()).isEqualTo(list.fields());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "upper-case name, 0003582d590161",
        "unknown pseudo field, 00053a7465737400",
        "pseudo field after a field, 00017801618286",
        "duplicate pseudo field, 8282",
        "connection, 000a636f6e6e656374696f6e056368756e6b",
        "te other than trailers, 000274650567 7a6970 20",
        "line feed in a value, 000178030a6162",
    })
    void refusesTheStreamAndKeepsTheConnection(String what, String block) throws Exception {
        assertThat(catchThrowableOfType(StreamErrorException.class, () -> decode(block))
                        .code())
                .as(what)
                .isEqualTo(ErrorCode.PROTOCOL_ERROR);
        assertThat(decode("82").fields().method()).hasToString("GET");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "index 0, 80",
        "index beyond the tables, c6",
        "cut string, 00017805",
        "table larger than allowed, 3fe21f",
        "table size behind a field, 8220",
        "Huffman padding longer than 7 bits, 0001788200ffff",
    })
    void endsTheConnectionOnABlockThatCannotBeUnfolded(String what, String block) {
        assertThat(catchThrowableOfType(ConnectionErrorException.class, () -> decode(block))
                        .code())
                .as(what)
                .isEqualTo(ErrorCode.COMPRESSION_ERROR);
    }

    @Test
    void refusesABombButUnfoldsItToKeepTheTableInStep() throws Exception {
        // One insertion of 4 kB, then 30 references to it: 30 bytes that mean 120 kB.
        // 0x7f 0xa1 0x1e is 127 + 33 + 30 * 128 = 4000 with seven-bit prefix.
        ByteBuf bomb = Unpooled.buffer()
                .writeBytes(ByteBufUtil.decodeHexDump("4001787fa11e"))
                .writeBytes("y".repeat(4000).getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < 30; i++) {
            bomb.writeByte(0xbe);
        }

        assertThat(catchThrowableOfType(StreamErrorException.class, () -> decoder.decode(1, bomb))
                        .code())
                .isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);

        assertThat(counters.hits(Limit.HEADER_LIST_BYTES)).isEqualTo(1);
        assertThat(decode("be").fields().get("x")).hasSize(4000);
    }

    @Test
    void checksWhatARequestMustHave() throws Exception {
        RequestRules.checkRequest(request("/"));
        assertMalformed(() -> RequestRules.checkRequest(fields(":method", "GET", ":scheme", "http")));
        assertMalformed(() -> RequestRules.checkRequest(fields(":method", "GET", ":path", "/")));
        assertMalformed(() -> RequestRules.checkRequest(fields(":path", "/", ":scheme", "http")));
        assertMalformed(() -> RequestRules.checkRequest(request("/").status("200")));
    }

    @Test
    void checksWhatAResponseMustHave() throws Exception {
        assertThat(RequestRules.checkResponse(fields(":status", "200"))).isEqualTo(200);
        assertMalformed(() -> RequestRules.checkResponse(fields("a", "b")));
        assertMalformed(() -> RequestRules.checkResponse(fields(":status", "20x")));
        assertMalformed(() -> RequestRules.checkResponse(fields(":status", "200", ":path", "/")));
    }

    @Test
    void checksThatTrailersHaveNoPseudoFields() throws Exception {
        RequestRules.checkTrailers(fields("grpc-status", "0"));
        RequestRules.checkTrailers(fields());
        assertMalformed(() -> RequestRules.checkTrailers(fields(":status", "200")));
    }

    @Test
    void readsContentLength() throws Exception {
        assertThat(RequestRules.contentLength(fields())).isEqualTo(-1);
        assertThat(RequestRules.contentLength(fields("content-length", "12"))).isEqualTo(12);
        assertMalformed(() -> RequestRules.contentLength(fields("content-length", "-1")));
        assertMalformed(() -> RequestRules.contentLength(fields("content-length", "1x")));
    }

    @Test
    void findsThePrefaceHoweverItIsCut() {
        ByteBuf bytes = Unpooled.buffer();
        ClientPreface.write(bytes);
        ClientPreface preface = new ClientPreface();
        while (bytes.isReadable()) {
            assertThat(preface.isComplete()).isFalse();
            assertThat(preface.match(bytes.readSlice(1))).isTrue();
        }
        assertThat(preface.isComplete()).isTrue();
        assertThat(new ClientPreface().match(Unpooled.copiedBuffer("GET / HTTP/1.1", StandardCharsets.US_ASCII)))
                .isFalse();
    }

    private interface Check {
        void run() throws StreamErrorException;
    }

    private static void assertMalformed(Check check) {
        assertThat(catchThrowableOfType(StreamErrorException.class, check::run).code())
                .isEqualTo(ErrorCode.PROTOCOL_ERROR);
    }

    private HeaderList decode(String hex) throws ConnectionErrorException, StreamErrorException {
        return decoder.decode(1, Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex.replace(" ", ""))));
    }

    private HeaderList roundTrip(HeaderList list) throws ConnectionErrorException, StreamErrorException {
        ByteBuf out = Unpooled.buffer();
        encoder.write(out, 1, list, true, Frame.MAX_MAX_SIZE);
        out.skipBytes(Frame.HEADER_LENGTH);
        return decoder.decode(1, out);
    }

    private static Http2Headers request(String path) {
        return fields(":method", "POST", ":scheme", "http", ":path", path);
    }

    private static Http2Headers fields(String... namesAndValues) {
        Http2Headers fields = new DefaultHttp2Headers(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }
}
