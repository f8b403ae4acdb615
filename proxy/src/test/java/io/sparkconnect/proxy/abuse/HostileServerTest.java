/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.stub.ServerCalls;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.ServerLog;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Servers run users' code. What a broken or hostile one does ends its own connection or stream, with an answer to the client
 * whose call it was; sessions of other servers on the same event loop never notice.
 */
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileServerTest {
    private static final int UNAVAILABLE = 14;
    private static final int INTERNAL = 13;
    private static final int MOST_ROUNDS = 2000;

    private final ServerLog log = new ServerLog();
    private final Map<Limit, Long> hitsBefore = new EnumMap<>(Limit.class);
    private ServerSocket listening;
    private LightConnectServer good;
    private RunningRelay relay;
    private Neighbour neighbour;

    @BeforeAll
    void start() throws Exception {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        good = LightConnectServer.start().on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            out.onNext(request);
            out.onCompleted();
        }));
        Backend bad = new Backend("bad", "i", "127.0.0.1", listening.getLocalPort());
        StubRouter router = new StubRouter(head -> new RoutingDecision.Forward(
                head.session().sessionId().equals("good") ? good.backend() : bad, head.session()));
        relay = new RunningRelay(router, Limits.requestHeadTimeout(Duration.ofMillis(500)), RunningRelay.POOL, 1);
        neighbour = new Neighbour(relay.newClient(), "good");
    }

    @BeforeEach
    void begin() {
        for (Limit limit : Limit.values()) {
            hitsBefore.put(limit, relay.counters.hits(limit));
        }
    }

    @AfterEach
    void isOver() {
        neighbour.awaitServed();
        await().untilAsserted(() -> assertThat(relay.watcher.servers).hasValue(1));
        await().untilAsserted(() -> assertThat(relay.watcher.openStreams).hasValueLessThanOrEqualTo(1));
        log.assertNoMistakes();
    }

    @AfterAll
    void stop() throws Exception {
        neighbour.close();
        relay.close();
        good.close();
        listening.close();
        log.close();
    }

    /** @param limit that counts it; null where the protocol alone forbids it */
    record Deed(String name, @Nullable Limit limit, ErrorCode code, Consumer<RawPeer> once) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Deed> deedsAgainstTheConnection() {
        return Stream.of(
                calm("a header block without end", Limit.HEADER_BLOCK_BYTES, startsBlock(16_384)),
                calm("a header block in crumbs", Limit.CONTINUATIONS, startsBlock(1)),
                calm("SETTINGS", Limit.SETTINGS, frames(out -> RawPeer.hexFrame(out, Frame.SETTINGS, 0, 0, ""))),
                calm("PING", Limit.PINGS, frames(out -> Frame.writePing(out, 1, false))),
                calm(
                        "GOAWAY",
                        Limit.GO_AWAYS,
                        frames(out -> Frame.writeGoAway(out, Integer.MAX_VALUE, ErrorCode.NO_ERROR))),
                calm("WINDOW_UPDATE", Limit.WINDOW_UPDATES, frames(out -> Frame.writeWindowUpdate(out, 0, 1))),
                calm(
                        "PRIORITY",
                        Limit.IGNORED_FRAMES,
                        frames(out -> RawPeer.hexFrame(out, Frame.PRIORITY, 0, 1, "0000000010"))),
                calm(
                        "unknown frames",
                        Limit.IGNORED_FRAMES,
                        frames(out -> RawPeer.hexFrame(out, 0xbe, 0xff, 7, "00".repeat(100)))),
                new Deed(
                        "more credit than there is",
                        Limit.FLOW_CONTROL,
                        ErrorCode.FLOW_CONTROL_ERROR,
                        frames(out -> Frame.writeWindowUpdate(out, 0, FlowWindow.MAX))),
                new Deed(
                        "a frame too large",
                        Limit.FRAME_SIZE,
                        ErrorCode.FRAME_SIZE_ERROR,
                        frames(out -> Frame.writeHeader(out, 0xffffff, Frame.DATA, 0, 1))),
                new Deed(
                        "HTTP/1 in the middle",
                        Limit.FRAME_SIZE,
                        ErrorCode.FRAME_SIZE_ERROR,
                        frames(out -> out.writeBytes("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII)))),
                new Deed(
                        "HEADERS on an idle stream",
                        null,
                        ErrorCode.PROTOCOL_ERROR,
                        server -> server.headers(9, false, ":status", "200")),
                new Deed(
                        "DATA on an idle stream",
                        null,
                        ErrorCode.PROTOCOL_ERROR,
                        server -> server.data(9, new byte[10], false)),
                new Deed(
                        "a reset of an idle stream",
                        null,
                        ErrorCode.PROTOCOL_ERROR,
                        server -> server.reset(9, ErrorCode.CANCEL)),
                new Deed(
                        "PUSH_PROMISE",
                        null,
                        ErrorCode.PROTOCOL_ERROR,
                        frames(out -> RawPeer.hexFrame(out, Frame.PUSH_PROMISE, 0x4, 1, "0000000288"))),
                new Deed(
                        "a header block that does not unfold",
                        null,
                        ErrorCode.COMPRESSION_ERROR,
                        frames(out -> RawPeer.hexFrame(out, Frame.HEADERS, 0x4, 1, "ffffffff7f"))));
    }

    @ParameterizedTest
    @MethodSource("deedsAgainstTheConnection")
    void endsTheServersConnection(Deed deed) throws Exception {
        try (RawPeer victim = RawPeer.client(relay.address().getPort(), "");
                RawPeer server = callFrom(victim)) {
            repeat(deed, server);

            assertThat(server.awaitGoAway()).isEqualTo(deed.code());
            assertThat(statusOf(victim)).isEqualTo(UNAVAILABLE);
            victim.roundTrip();
        }
        assertCounted(deed);
    }

    static Stream<Deed> deedsAgainstTheStream() {
        return Stream.of(
                calm(
                        "1xx without end",
                        Limit.INFORMATIONAL_RESPONSES,
                        server -> server.headers(1, false, ":status", "103")),
                new Deed("DATA beyond the window", Limit.FLOW_CONTROL, ErrorCode.FLOW_CONTROL_ERROR, server -> {
                    server.headers(1, false, ":status", "200", "content-type", "application/grpc");
                    for (int i = 0; i < 80; i++) {
                        server.data(1, new byte[16_384], false);
                    }
                }),
                new Deed(
                        "more credit for a stream than there is",
                        Limit.FLOW_CONTROL,
                        ErrorCode.FLOW_CONTROL_ERROR,
                        server -> server.send(out -> Frame.writeWindowUpdate(out, 1, FlowWindow.MAX))),
                calm("a header bomb", Limit.HEADER_LIST_BYTES, server -> server.send(out -> Flood.bomb(out, 0))),
                new Deed(
                        "a status that is none",
                        null,
                        ErrorCode.PROTOCOL_ERROR,
                        server -> server.headers(1, false, ":status", "abc")),
                new Deed(
                        "a request for an answer",
                        null,
                        ErrorCode.PROTOCOL_ERROR,
                        server -> server.headers(1, false, ":method", "GET", ":path", "/")));
    }

    @ParameterizedTest
    @MethodSource("deedsAgainstTheStream")
    void endsTheStreamAndKeepsTheConnection(Deed deed) throws Exception {
        try (RawPeer victim = RawPeer.client(relay.address().getPort(), "");
                RawPeer server = callFrom(victim)) {
            int times = deed.limit() == Limit.INFORMATIONAL_RESPONSES ? 9 : 1;
            for (int i = 0; i < times; i++) {
                deed.once().accept(server);
            }

            assertThat(server.awaitReset()).isEqualTo(deed.code());
            victim.send(out -> {
                Frame.writeWindowUpdate(out, 1, 4 << 20);
                Frame.writeWindowUpdate(out, 0, 4 << 20);
            });
            assertThat(statusOf(victim)).isEqualTo(INTERNAL);
            server.roundTrip();
        }
        assertCounted(deed);
    }

    @Test
    void endsAServerThatStopsInAFrame() throws Exception {
        try (RawPeer victim = RawPeer.client(relay.address().getPort(), "");
                RawPeer server = callFrom(victim)) {
            server.send(out -> {
                Frame.writeHeader(out, 10_000, Frame.DATA, 0, 1);
                out.writeZero(5000);
            });
            assertThat(server.awaitGoAway()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
            assertThat(statusOf(victim)).isEqualTo(UNAVAILABLE);
        }
        assertThat(hits(Limit.FRAME_TIME)).isEqualTo(1);
    }

    private RawPeer callFrom(RawPeer victim) throws Exception {
        victim.call(1, "Config");
        victim.data(1, Siege.request("bad", 1), false);
        RawPeer server = RawPeer.accept(listening, "");
        server.nextHeaders();
        server.next(Frame.DATA);
        return server;
    }

    /** Over and over, until the connection is closed. */
    private static void repeat(Deed deed, RawPeer server) {
        for (int round = 0; round < MOST_ROUNDS; round++) {
            try {
                deed.once().accept(server);
            } catch (UncheckedIOException closed) {
                return;
            }
        }
    }

    private static int statusOf(RawPeer victim) throws InterruptedException {
        Http2Headers headers;
        do {
            headers = victim.nextHeaders();
        } while (!headers.contains("grpc-status"));
        return Integer.parseInt(String.valueOf(headers.get("grpc-status")));
    }

    private void assertCounted(Deed deed) {
        if (deed.limit() != null) {
            assertThat(hits(deed.limit())).isPositive();
        }
    }

    private long hits(Limit limit) {
        return relay.counters.hits(limit) - hitsBefore.getOrDefault(limit, 0L);
    }

    private static Deed calm(String name, Limit limit, Consumer<RawPeer> once) {
        return new Deed(name, limit, ErrorCode.ENHANCE_YOUR_CALM, once);
    }

    private static Consumer<RawPeer> frames(Consumer<ByteBuf> frame) {
        return server -> server.send(out -> {
            for (int i = 0; i < 200; i++) {
                frame.accept(out);
            }
        });
    }

    /** HEADERS once, and then CONTINUATION for ever. */
    private static Consumer<RawPeer> startsBlock(int bytes) {
        return server -> server.send(out -> {
            for (int round = 0; round < 100; round++) {
                Flood.continuation(out, round, bytes);
            }
        });
    }
}
