/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ClientPreface;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever runs into a limit is counted under its name, and nobody else notices. A limit without a way to it does not compile. */
@Timeout(60)
class LimitsTest {
    private static final AbuseLimits TIGHT = tight(10, Integer.MAX_VALUE);
    private static final Duration SOON = Duration.ofMillis(300);
    /** POST http / with content-type application/grpc, which leaves the compression table alone. */
    private static final String CALL_OF_OTHER_SERVICE = "838684" + "0f1010" + "6170706c69636174696f6e2f67727063";

    private ServerSocket listening;
    private FixedRouter router;

    @BeforeEach
    void listen() throws IOException {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        router = FixedRouter.to(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort()));
    }

    @AfterEach
    void stopListening() throws IOException {
        listening.close();
    }

    @ParameterizedTest
    @EnumSource
    void isCountedAndServesTheOthers(Limit limit) throws Exception {
        // No head can be read, so that streams stay open until a limit ends them.
        router.headBytes = 1 << 20;
        router.other = new RoutingDecision.Answer(
                new StatusAnswer(12, "long".repeat(1500), new byte[0], new byte[0]), "other-service");
        try (RunningRelay relay = new RunningRelay(router, limitsFor(limit), RunningRelay.POOL, 1);
                RawPeer other = RawPeer.client(relay.address().getPort(), "")) {
            other.roundTrip();
            assertThat(relay.counters.hits(limit)).isZero();

            provoke(limit, relay);

            await().untilAsserted(() ->
                    assertThat(relay.counters.hits(limit)).as("%s", limit).isPositive());
            other.roundTrip();
            await().untilAsserted(
                            () -> assertThat(relay.engine.bufferedBytes()).isLessThanOrEqualTo(FlowWindow.DEFAULT));
        }
    }

    private static AbuseLimits tight(int controlFrames, int controlBytes) {
        return new AbuseLimits(
                5, Duration.ofSeconds(30), 3, 3, 3, 3, 3, 6, 3, 3, 8, 3, 2, 8192, controlFrames, controlBytes);
    }

    private static EngineLimits limitsFor(Limit limit) {
        Limits limits = new Limits().withClients(TIGHT);
        return switch (limit) {
            case PREFACE_TIME -> limits.withPrefaceTimeout(SOON).build();
            case FIRST_REQUEST_TIME ->
                limits.withFirstRequestTimeout(Duration.ofSeconds(2)).build();
            case IDLE_TIME -> limits.withIdleTimeout(SOON).build();
            case HEAD_TIME, FRAME_TIME -> limits.withHeadTimeout(SOON).build();
            case CONTROL_BYTES_QUEUED ->
                limits.withClients(tight(Integer.MAX_VALUE, 20_000)).build();
            // What the first stream keeps, its head in two copies, is as much as may be kept, or far more.
            case BUFFERED_BYTES -> limits.withBufferedBytes(3500).build();
            case UNREAD_BYTES -> limits.withBufferedBytes(1000).build();
            case CONCURRENT_STREAMS,
                    RESETS_RECEIVED,
                    RESETS_SENT,
                    CONTROL_FRAMES_QUEUED,
                    PINGS,
                    SETTINGS,
                    IGNORED_FRAMES,
                    WINDOW_UPDATES,
                    ZERO_WINDOW_UPDATES,
                    GO_AWAYS,
                    EMPTY_DATA,
                    CONTINUATIONS,
                    HEADER_BLOCK_BYTES,
                    HEADER_LIST_BYTES,
                    FRAME_SIZE,
                    FLOW_CONTROL,
                    INFORMATIONAL_RESPONSES,
                    HEAD_BYTES -> limits.build();
        };
    }

    private void provoke(Limit limit, RunningRelay relay) throws Exception {
        switch (limit) {
            case PREFACE_TIME -> sayNothingBehindThePreface(relay);
            case CONTROL_FRAMES_QUEUED, CONTROL_BYTES_QUEUED -> askAndNeverRead(limit, relay);
            case FIRST_REQUEST_TIME -> askForNothing(relay, false);
            case IDLE_TIME -> askForNothing(relay, true);
            case INFORMATIONAL_RESPONSES -> haveAServerThatSaysPleaseWait(relay);
            case CONCURRENT_STREAMS,
                    RESETS_RECEIVED,
                    RESETS_SENT,
                    PINGS,
                    SETTINGS,
                    IGNORED_FRAMES,
                    WINDOW_UPDATES,
                    ZERO_WINDOW_UPDATES,
                    GO_AWAYS,
                    EMPTY_DATA,
                    CONTINUATIONS,
                    HEADER_BLOCK_BYTES,
                    HEADER_LIST_BYTES,
                    FRAME_SIZE,
                    FLOW_CONTROL,
                    FRAME_TIME,
                    HEAD_TIME,
                    HEAD_BYTES,
                    BUFFERED_BYTES,
                    UNREAD_BYTES -> {
                try (RawPeer attacker = RawPeer.client(relay.address().getPort(), "")) {
                    attack(limit, attacker);
                    await().until(() -> relay.counters.hits(limit) > 0);
                }
            }
        }
    }

    /** Frame by frame; a connection that the proxy ends meanwhile has reached its limit. */
    private static void attack(Limit limit, RawPeer attacker) {
        try {
            for (int i = 0; i < 12; i++) {
                attack(limit, attacker, i);
            }
        } catch (UncheckedIOException e) {
            // Closed by the proxy; the counter tells.
        }
    }

    private static void attack(Limit limit, RawPeer attacker, int i) {
        int id = 2 * i + 1;
        switch (limit) {
            case CONCURRENT_STREAMS -> attacker.call(id, "Config");
            case HEAD_TIME -> callOnce(attacker, i);
            case RESETS_RECEIVED -> {
                attacker.call(id, "Config");
                attacker.reset(id, ErrorCode.CANCEL);
            }
            case RESETS_SENT -> {
                attacker.call(id, "Config");
                attacker.send(out -> Frame.writeWindowUpdate(out, id, FlowWindow.MAX));
            }
            case PINGS -> attacker.send(out -> Frame.writePing(out, i, false));
            case SETTINGS -> attacker.send(out -> RawPeer.hexFrame(out, Frame.SETTINGS, 0, 0, ""));
            case IGNORED_FRAMES -> attacker.send(out -> RawPeer.hexFrame(out, 0x77, 0, 0, ""));
            case WINDOW_UPDATES -> attacker.send(out -> Frame.writeWindowUpdate(out, 0, 1));
            case GO_AWAYS -> attacker.send(out -> Frame.writeGoAway(out, 0, ErrorCode.NO_ERROR));
            case ZERO_WINDOW_UPDATES -> {
                attacker.call(id, "Config");
                attacker.send(out -> Frame.writeWindowUpdate(out, id, 0));
            }
            case EMPTY_DATA -> {
                callOnce(attacker, i);
                attacker.data(1, new byte[0], false);
            }
            case CONTINUATIONS ->
                attacker.send(out ->
                        RawPeer.hexFrame(out, i == 0 ? Frame.HEADERS : Frame.CONTINUATION, 0, 1, i == 0 ? "82" : ""));
            case HEADER_BLOCK_BYTES -> attacker.send(out -> block(out, 3 * TIGHT.maxHeaderListBytes(), id));
            case HEADER_LIST_BYTES -> attacker.call(id, "Config", "big", "x".repeat(TIGHT.maxHeaderListBytes()));
            case FRAME_SIZE -> attacker.send(out -> Frame.writeHeader(out, 70_000, Frame.DATA, 0, 1));
            case FLOW_CONTROL -> attacker.send(out -> Frame.writeWindowUpdate(out, 0, FlowWindow.MAX));
            case FRAME_TIME -> attacker.send(out -> out.writeZero(i == 0 ? 1 : 0));
            case HEAD_BYTES -> {
                callOnce(attacker, i);
                attacker.data(1, new byte[13_107], false);
            }
            case BUFFERED_BYTES, UNREAD_BYTES -> {
                attacker.call(id, "Config");
                attacker.data(id, new byte[2000], false);
            }
            case PREFACE_TIME,
                    FIRST_REQUEST_TIME,
                    IDLE_TIME,
                    CONTROL_FRAMES_QUEUED,
                    CONTROL_BYTES_QUEUED,
                    INFORMATIONAL_RESPONSES -> throw new IllegalArgumentException(limit + " is provoked elsewhere");
        }
    }

    private static void callOnce(RawPeer attacker, int i) {
        if (i == 0) {
            attacker.call(1, "Config");
        }
    }

    private static void block(ByteBuf out, int bytes, int id) {
        Frame.writeHeader(out, bytes, Frame.HEADERS, Frame.FLAG_END_HEADERS, id);
        out.writeZero(bytes);
    }

    private void haveAServerThatSaysPleaseWait(RunningRelay relay) throws Exception {
        router.headBytes = 5;
        try (RawPeer client = RawPeer.client(relay.address().getPort(), "")) {
            client.call(1, "Config");
            client.data(1, new byte[5], true);
            try (RawPeer server = RawPeer.accept(listening, "")) {
                server.readToEnd(1);
                for (int i = 0; i < 9; i++) {
                    server.headers(1, false, ":status", "103");
                }
                assertThat(server.next(Frame.RST_STREAM).streamId()).isEqualTo(1);
            }
        }
    }

    /** Whoever asks for nothing is sent away with good words, whatever else it says. */
    private static void askForNothing(RunningRelay relay, boolean hasAskedOnce) throws Exception {
        try (RawPeer silent = RawPeer.client(relay.port(), "")) {
            if (hasAskedOnce) {
                silent.headers(1, true, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "x");
                silent.nextHeaders();
            }
            assertThat(silent.awaitGoAway()).isEqualTo(ErrorCode.NO_ERROR);
            long ping = Long.parseUnsignedLong(silent.next(Frame.PING).hex(), 16);
            silent.send(out -> Frame.writePing(out, ping, true));
            silent.awaitEnd();
        }
    }

    private static void sayNothingBehindThePreface(RunningRelay relay) throws IOException {
        try (Socket silent =
                new Socket(InetAddress.getLoopbackAddress(), relay.address().getPort())) {
            ByteBuf out = Unpooled.buffer();
            ClientPreface.write(out);
            out.readBytes(silent.getOutputStream(), out.readableBytes());
            assertThat(silent.getInputStream().readAllBytes())
                    .as("until it is closed")
                    .isNotEmpty();
        }
    }

    private static void askAndNeverRead(Limit limit, RunningRelay relay) throws IOException {
        try (Socket deaf = new Socket()) {
            deaf.setReceiveBufferSize(4096);
            deaf.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), relay.address().getPort()));
            ByteBuf out = Unpooled.buffer();
            ClientPreface.write(out);
            RawPeer.hexFrame(out, Frame.SETTINGS, 0, 0, "");
            int id = -1;
            while (relay.counters.hits(limit) == 0) {
                for (int i = 0; i < 100; i++) {
                    id += 2;
                    RawPeer.hexFrame(
                            out,
                            Frame.HEADERS,
                            Frame.FLAG_END_HEADERS | Frame.FLAG_END_STREAM,
                            id,
                            CALL_OF_OTHER_SERVICE);
                }
                out.readBytes(deaf.getOutputStream(), out.readableBytes());
                out.clear();
            }
        } catch (IOException e) {
            assertThat(relay.counters.hits(limit)).as("closed early: %s", e).isPositive();
        }
    }
}
