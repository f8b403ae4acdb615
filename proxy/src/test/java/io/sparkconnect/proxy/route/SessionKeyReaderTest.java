/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static io.sparkconnect.proxy.route.RequestBytes.message;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sparkconnect.registry.SessionKey;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SessionKeyReaderTest {
    private static final String ID = "6fd6a5b5-b4e6-4d3b-a7b4-1f6d9f3a2a11";
    private static final SessionKey ANNAS = new SessionKey("anna", ID);
    private static final int FURTHEST = SessionKeyReader.FURTHEST_HEAD_BYTES;
    private static final int MAX = SessionKeyReader.DEFAULT_MAX_HEAD_BYTES;

    private final SessionKeyReader reader = new SessionKeyReader(MAX);

    @Test
    void readsTheKeyFromTheFirstBytesOfAPlan() {
        ByteBuf stream =
                message().text(1, ID).user("anna").bytes(3, new byte[300_000]).toStream();

        assertThat(head("ExecutePlan", stream.slice(0, MAX)).session()).isEqualTo(ANNAS);
    }

    @Test
    void readsTheSameWhereverTheBytesAreSplit() {
        ByteBuf stream = message()
                .text(1, ID)
                .user("anna")
                .bytes(3, new byte[100])
                .text(4, "client")
                .text(8, "server-side")
                .toStream();

        for (int length = 0; length < stream.readableBytes(); length++) {
            assertThat(reader.read("ExecutePlan", stream.slice(0, length), false))
                    .isInstanceOf(HeadReading.NeedMore.class);
        }
        assertThat(head("ExecutePlan", stream))
                .isEqualTo(new RequestHead("ExecutePlan", ANNAS, "server-side", null, false, false, false));
    }

    @Test
    void knowsASessionAsNewWhenAClientThatTellsWhatItHasSeenTellsNothing() {
        String spark4 = "_SPARK_CONNECT_PYTHON spark/4.0.0 os/linux python/3.11";
        String spark3 = "_SPARK_CONNECT_PYTHON spark/3.5.9 os/linux python/3.11";

        assertThat(config(spark4, "").surelyNew()).isTrue();
        assertThat(config(spark4, "server-side").surelyNew()).isFalse();
        assertThat(config(spark3, "").surelyNew()).isFalse();
        assertThat(head("Config", message().text(1, ID).toStream()).surelyNew()).isFalse();
    }

    @Test
    void doesNotTakeASessionForNewWhenThePartThatWouldTellLiesBeyondTheHead() {
        ByteBuf stream = message()
                .text(1, ID)
                .user("anna")
                .text(4, "_SPARK_CONNECT_PYTHON spark/4.0.0 os/linux python/3.11")
                .bytes(3, new byte[300_000])
                .toStream();

        assertThat(head("ExecutePlan", stream.slice(0, MAX)).surelyNew()).isFalse();
    }

    private RequestHead config(String clientType, String seen) {
        RequestBytes request = message().text(1, ID).user("anna").text(4, clientType);
        return head("Config", (seen.isEmpty() ? request : request.text(8, seen)).toStream());
    }

    @Test
    void readsTheSameWhateverFollowsTheFirstMessage() {
        byte[] first = message().text(1, ID).user("anna").toMessage();
        byte[] second = message().text(1, "another").user("bert").toMessage();
        ByteBuf both = Unpooled.wrappedBuffer(RequestBytes.stream(0, first), RequestBytes.stream(0, second));

        assertThat(head("AddArtifacts", both).session()).isEqualTo(ANNAS);
    }

    @Test
    void doesNotMoveTheReaderIndexAndBeginsAtIt() {
        ByteBuf stream = Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(new byte[] {9, 9, 9}),
                message().text(1, ID).user("anna").toStream());
        stream.skipBytes(3);

        assertThat(head("Config", stream).session()).isEqualTo(ANNAS);
        assertThat(stream.readerIndex()).isEqualTo(3);
    }

    static Stream<Arguments> ordersAndRepetitions() {
        return Stream.of(
                Arguments.of(
                        "descending",
                        message().bytes(3, new byte[50]).user("anna").text(1, ID)),
                Arguments.of(
                        "unknown fields of every type between",
                        message()
                                .number(99, -1)
                                .text(1, ID)
                                .raw(0xfd, 0x01, 1, 2, 3, 4) // field 31, fixed32
                                .raw(0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8) // field 31, fixed64
                                .raw(0xfb, 0x01, 0x08, 0x07, 0xfc, 0x01) // field 31, a group with a number in it
                                .user("anna")),
                Arguments.of(
                        "the last of repeated ids wins",
                        message().text(1, "first").user("bert").text(1, ID).user("anna")),
                Arguments.of(
                        "merged contexts: one without a user id changes nothing",
                        message()
                                .text(1, ID)
                                .user("anna")
                                .bytes(2, message().text(2, "Anna A.").toMessage())),
                Arguments.of(
                        "wrong wire types are unknown fields",
                        message().text(1, ID).user("anna").number(1, 5).number(2, 7)),
                Arguments.of(
                        "over-long varints",
                        message()
                                .raw(0x8a, 0x80, 0x80, 0x80, 0x00) // field 1 in five bytes
                                .raw(0xa4, 0x80, 0x00) // length 36 in three
                                .raw(ID.getBytes(UTF_8))
                                .user("anna")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ordersAndRepetitions")
    void readsAnyOrderAndRepetitionAsProtobufDoes(String name, RequestBytes request) {
        assertThat(head("ExecutePlan", request.toStream()).session()).isEqualTo(ANNAS);
    }

    @Test
    void readsARequestWithoutAUser() {
        assertThat(head("Config", message().text(1, ID).toStream()).session()).isEqualTo(new SessionKey("", ID));
        ByteBuf longPlan = message().text(1, ID).bytes(3, new byte[300_000]).toStream();
        assertThat(head("ExecutePlan", longPlan).session()).isEqualTo(new SessionKey("", ID));
    }

    @Test
    void readsAUserContextThatComesBehindAPlanLongerThanTheUsualHead() {
        ByteBuf stream = message()
                .text(1, ID)
                .bytes(3, new byte[50_000])
                .user("anna")
                .bytes(7, new byte[100_000])
                .toStream();

        assertThat(reader.read("ExecutePlan", stream.slice(0, FURTHEST - 1), false))
                .as("as many bytes as may have a user context in them")
                .isInstanceOf(HeadReading.NeedMore.class);
        assertThat(head("ExecutePlan", stream.slice(0, FURTHEST)).session()).isEqualTo(ANNAS);
        assertThat(head("ExecutePlan", stream).session()).isEqualTo(ANNAS);
    }

    @Test
    void readsIdsBehindAPlanThatEndsWithinTheWindow() {
        RequestBytes request =
                message().bytes(3, new byte[40_000]).user("anna").text(1, ID).bytes(7, new byte[100_000]);

        assertThat(head("ExecutePlan", request.toStream()).session()).isEqualTo(ANNAS);
        assertThat(head("ExecutePlan", request.toGzippedStream()).session()).isEqualTo(ANNAS);
    }

    @Test
    void refusesALongRequestWhoseUserMayFollowWhereNobodyLooks() {
        RequestBytes request = message()
                .text(4, "client")
                .text(1, ID)
                .bytes(3, new byte[100_000])
                .user("anna");

        HeadReading.Refused refused = refused("ExecutePlan", request.toStream());

        assertThat(refused.reason()).isEqualTo("no-user-context");
        assertThat(refused.answer().code()).isEqualTo(3);
        assertThat(refused.answer().message())
                .contains("within its first 61440 bytes", "Write session_id and user_context first");
        assertThat(refused("ExecutePlan", request.toGzippedStream()).reason()).isEqualTo("no-user-context");
    }

    @Test
    void tellsWhetherAUserMayFollowWhereNobodyLooks() {
        byte[] plan = new byte[100_000];

        assertThat(userMayFollow(message().text(1, "s").bytes(3, plan))).isFalse();
        assertThat(userMayFollow(message().text(1, "s").bytes(3, plan).text(4, "c")))
                .as("three bytes have no room for a user")
                .isFalse();
        assertThat(userMayFollow(message().text(1, "s").bytes(3, plan).user("u")))
                .isTrue();
        assertThat(userMayFollow(message().text(1, "s").bytes(3, plan).text(4, "a client")))
                .as("it cannot be told apart")
                .isTrue();
        assertThat(userMayFollow(message().text(1, "s").user("u").bytes(3, plan).user("v")))
                .as("whose user has been read")
                .isFalse();
        assertThat(userMayFollow(message().text(1, "s").bytes(3, new byte[100]).text(4, "a client")))
                .as("of which all has been read")
                .isFalse();
    }

    private boolean userMayFollow(RequestBytes request) {
        HeadReading reading = reader.read("ExecutePlan", request.toStream(), false);
        assertThat(reading).isInstanceOf(HeadReading.Complete.class);
        return ((HeadReading.Complete) reading).head().userMayFollow();
    }

    @Test
    void neverTakesAUserIdThatIsCutForNone() {
        for (int before = FURTHEST - 120; before < FURTHEST; before++) {
            ByteBuf stream = message()
                    .text(1, ID)
                    .bytes(3, new byte[before - 5 - 38 - 4])
                    .user("anna")
                    .bytes(7, new byte[100_000])
                    .toStream();

            HeadReading reading = reader.read("ExecutePlan", stream, false);

            if (before + "2l1lanna".length() <= FURTHEST) {
                assertThat(((HeadReading.Complete) reading).head().session())
                        .as("context at %s", before)
                        .isEqualTo(ANNAS);
            } else {
                assertThat(((HeadReading.Refused) reading).reason())
                        .as("context at %s", before)
                        .isEqualTo("no-user-context");
            }
        }
    }

    @Test
    void readsTheUserIdBeforeExtensionsThatExceedTheHead() {
        byte[] context = message().text(1, "anna").bytes(999, new byte[100_000]).toMessage();
        ByteBuf stream =
                message().text(1, ID).bytes(2, context).bytes(3, new byte[10]).toStream();

        assertThat(head("ExecutePlan", stream).session()).isEqualTo(ANNAS);
    }

    @Test
    void seesADuplicateAnywhereWithinTheHead() {
        ByteBuf stream = message()
                .text(1, "smuggled")
                .user("bert")
                .bytes(3, new byte[MAX - 200])
                .text(1, ID)
                .user("anna")
                .bytes(7, new byte[1000])
                .toStream();

        assertThat(head("ExecutePlan", stream).session()).isEqualTo(ANNAS);
    }

    @ParameterizedTest
    @CsvSource({
        "ExecutePlan, 8",
        "AnalyzePlan, 17",
        "Config, 8",
        "AddArtifacts, 7",
        "ArtifactStatus, 5",
        "Interrupt, 7",
        "ReattachExecute, 6",
        "ReleaseExecute, 7",
        "FetchErrorDetails, 5",
        "CloneSession, 5",
        "GetStatus, 4"
    })
    void readsWhichServerTheSessionHasSeen(String method, int field) {
        ByteBuf stream =
                message().text(1, ID).user("anna").text(field, "server-side").toStream();
        ByteBuf wrongType = message().text(1, ID).user("anna").number(field, 1).toStream();

        assertThat(head(method, stream).observedServerSession()).isEqualTo("server-side");
        assertThat(head(method, wrongType).observedServerSession()).isNull();
        assertThat(head("SomethingNew", stream).observedServerSession()).isNull();
    }

    @Test
    void readsTheWholeOfCloneAndReleaseSession() {
        ByteBuf clone =
                message().text(1, ID).user("anna").text(4, "the-new-one").toStream();
        ByteBuf release = message().text(1, ID).user("anna").number(4, 1).toStream();

        assertThat(head("CloneSession", clone).newSessionId()).isEqualTo("the-new-one");
        assertThat(head("ReleaseSession", release).allowReconnect()).isTrue();
        assertThat(refused(
                                "CloneSession",
                                message().text(1, ID).bytes(9, new byte[MAX]).toStream())
                        .reason())
                .isEqualTo("long-clone");
    }

    @Test
    void readsGzippedMessages() {
        ByteBuf small = message().text(1, ID).user("anna").toGzippedStream();
        ByteBuf large = message()
                .text(1, ID)
                .user("anna")
                .bytes(3, new byte[50_000_000])
                .toGzippedStream();

        assertThat(head("ExecutePlan", small).session()).isEqualTo(ANNAS);
        assertThat(head("ExecutePlan", large).session()).isEqualTo(ANNAS);
        assertThat(large.readableBytes()).isGreaterThan(MAX);
    }

    @Test
    void refusesOtherCompressionsAndBrokenGzip() {
        byte[] gzipped = RequestBytes.gzip(message().text(1, ID).toMessage());
        HeadReading.Refused zstd = refused("Config", RequestBytes.stream(1, new byte[] {0x28, (byte) 0xb5, 0x2f, 1}));

        assertThat(zstd.answer().code()).isEqualTo(12);
        assertThat(refused("Config", RequestBytes.stream(1, Arrays.copyOf(gzipped, gzipped.length / 2)))
                        .reason())
                .isIn("bad-gzip", "compression");
    }

    static Stream<Arguments> requestsThatNameNoSession() {
        return Stream.of(
                Arguments.of("no bytes at all", Unpooled.EMPTY_BUFFER, "no-message"),
                Arguments.of("half a prefix", Unpooled.wrappedBuffer(new byte[3]), "cut-message"),
                Arguments.of("an empty message", message().toStream(), "no-session-id"),
                Arguments.of("a user but no session", message().user("anna").toStream(), "no-session-id"),
                Arguments.of("an empty session id", message().text(1, "").toStream(), "no-session-id"),
                Arguments.of("a cut message", message().text(1, ID).toStream().slice(0, 20), "cut-message"),
                Arguments.of("a bad prefix", RequestBytes.stream(2, new byte[4]), "bad-prefix"),
                Arguments.of(
                        "a session id behind a huge plan",
                        message().bytes(3, new byte[100_000]).text(1, ID).toStream(),
                        "no-session-id"),
                Arguments.of(
                        "a long session id", message().text(1, "x".repeat(1025)).toStream(), "long-id"),
                Arguments.of(
                        "a long user id",
                        message().text(1, ID).user("x".repeat(1025)).toStream(),
                        "long-id"),
                Arguments.of(
                        "not UTF-8",
                        message().bytes(1, new byte[] {(byte) 0xff}).toStream(),
                        "not-utf8"),
                Arguments.of(
                        "field number 0", message().text(1, ID).raw(0x02, 0x00).toStream(), "malformed"),
                Arguments.of("wire type 7", message().text(1, ID).raw(0x1f).toStream(), "malformed"),
                Arguments.of(
                        "an end of a group that has not begun",
                        message().text(1, ID).raw(0x1c).toStream(),
                        "malformed"),
                Arguments.of(
                        "a group that does not end",
                        message().text(1, ID).raw(0x1b).toStream(),
                        "malformed"),
                Arguments.of(
                        "a negative length",
                        message()
                                .text(1, ID)
                                .raw(0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f)
                                .toStream(),
                        "malformed"),
                Arguments.of(
                        "a length beyond the message",
                        message().text(1, ID).raw(0x1a, 0x7f).toStream(),
                        "malformed"),
                Arguments.of(
                        "a varint of eleven bytes",
                        message()
                                .text(1, ID)
                                .raw(0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)
                                .toStream(),
                        "malformed"),
                Arguments.of(
                        "groups nested without end",
                        message()
                                .text(1, ID)
                                .raw(new byte[0])
                                .bytes(2, nestedGroups())
                                .toStream(),
                        "malformed"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requestsThatNameNoSession")
    void refusesWhatCannotBeRoutedWithAClearText(String name, ByteBuf stream, String reason) {
        HeadReading.Refused refused = refused("ExecutePlan", stream);

        assertThat(refused.reason()).isEqualTo(reason);
        assertThat(refused.answer().code()).isEqualTo(3);
        assertThat(refused.answer().message()).endsWith(".");
    }

    private static byte[] nestedGroups() {
        byte[] groups = new byte[10_000];
        Arrays.fill(groups, (byte) 0x1b);
        return groups;
    }

    private RequestHead head(String method, ByteBuf stream) {
        HeadReading reading = reader.read(method, stream, false);
        assertThat(reading).isInstanceOf(HeadReading.Complete.class);
        return ((HeadReading.Complete) reading).head();
    }

    private HeadReading.Refused refused(String method, ByteBuf stream) {
        HeadReading reading = reader.read(method, stream, true);
        assertThat(reading).isInstanceOf(HeadReading.Refused.class);
        return (HeadReading.Refused) reading;
    }
}
