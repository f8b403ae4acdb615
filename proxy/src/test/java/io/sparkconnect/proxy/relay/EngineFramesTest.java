/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine between peers that do by hand what no library does. */
@Timeout(60)
class EngineFramesTest {
    private static final byte[] MESSAGE = {0, 0, 0, 0, 3, 1, 2, 3};

    private ServerSocket listening;
    private FixedRouter router;
    private RunningRelay proxy;

    @BeforeEach
    void start() throws Exception {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        router = FixedRouter.to(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort()));
        proxy = RunningRelay.with(router);
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        listening.close();
    }

    @Test
    void deliversAnEarlyAnswerToItsEndBeforeTheReset() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, false)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            for (int i = 0; i < 10; i++) {
                server.data(1, new byte[16_384], false);
            }
            server.headers(1, true, "grpc-status", "0");
            server.reset(1, ErrorCode.NO_ERROR);

            // The client's window is 65,535: most of it waits in the proxy while the reset has long come.
            await().untilAsserted(() -> assertThat(client.dataBytes(1)).isEqualTo(FlowWindow.DEFAULT));
            server.roundTrip();
            client.send(out -> {
                Frame.writeWindowUpdate(out, 1, 1 << 20);
                Frame.writeWindowUpdate(out, 0, 1 << 20);
            });

            client.readToEnd(1);
            assertThat(client.dataBytes(1)).isEqualTo(163_840);
            Got reset = client.next(Frame.RST_STREAM);
            assertThat(reset.hex()).isEqualTo("00000000");
            assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(0));
            await().untilAsserted(() -> assertThat(proxy.watcher.reports).hasSize(1));
            assertThat(proxy.watcher.reports.remove().bytesOut()).isEqualTo(163_840);
        }
    }

    @Test
    void sendsWhatTheServersGoAwayLeftOutOverAnotherConnection() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            client.call(3, "Config");
            client.data(3, MESSAGE, true);
            server.nextHeaders();

            server.send(out -> Frame.writeGoAway(out, 1, ErrorCode.NO_ERROR));

            try (RawPeer other = RawPeer.accept(listening, "")) {
                other.nextHeaders();
                assertThat(other.readToEnd(1)).isEqualTo(MESSAGE.length);
                other.headers(1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "5");
                assertThat(client.nextHeaders().get("grpc-status")).hasToString("5");
            }
            server.headers(1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "0");
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
        }
    }

    @Test
    void takesTheCancelOfAStoppingServerForALostServer() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.send(out -> {
                Frame.writeGoAway(out, 1, ErrorCode.NO_ERROR);
                Frame.writeRstStream(out, 1, ErrorCode.CANCEL);
            });
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("14");
            assertThat(router.outcomes)
                    .containsExactly(new StreamOutcome.ConnectionLost("the server is shutting down"));
        }
    }

    @Test
    void passesTheServersResetOn() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.reset(1, ErrorCode.ENHANCE_YOUR_CALM);
            assertThat(client.next(Frame.RST_STREAM).hex()).isEqualTo("0000000b");
            assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(8));
        }
    }

    @Test
    void passesInformationalHeadersOnAndWaitsForTheRealOnes() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "103");
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.headers(1, true, "grpc-status", "5");
            assertThat(client.nextHeaders().status()).hasToString("103");
            assertThat(client.nextHeaders().status()).hasToString("200");
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("5");
        }
    }

    @Test
    void answersForAServerThatBreaksTheRules() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.data(1, MESSAGE, false);
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("13");
            assertThat(server.next(Frame.RST_STREAM).streamId()).isEqualTo(1);
        }
    }

    @Test
    void keepsTheClientsSettingsAndPingsToItself() throws Exception {
        try (RawPeer client = RawPeer.client(
                        proxy.port(), "00040010000000050040000000060000400000fe03000001".substring(0, 36));
                RawPeer server = callThrough(client, true)) {
            client.roundTrip();
            server.headers(1, true, ":status", "200", "grpc-status", "0");
            client.nextHeaders();
            server.roundTrip();
            Got extra;
            while ((extra = server.poll(50)) != null) {
                assertThat(extra.type()).isNotIn(Frame.PING, Frame.SETTINGS);
            }
        }
    }

    @Test
    void forwardsLargeMetadataAndCutsItByThePeersFrameSize() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config", "big", "x".repeat(30_000));
            client.data(1, MESSAGE, true);
            try (RawPeer server = RawPeer.accept(listening, "000500008000")) {
                Http2Headers request = server.nextHeaders();
                assertThat(request.get("big")).hasSize(30_000);
                assertThat(request.get("te")).hasToString("trailers");
            }
        }
    }

    @Test
    void saysSoWhenMetadataIsTooLarge() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config", "a", "x".repeat(30_000), "b", "x".repeat(35_500));
            client.data(1, MESSAGE, true);
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("8");
            assertThat(proxy.counters.hits(Limit.HEADER_LIST_BYTES)).isEqualTo(1);
            client.roundTrip();
        }
    }

    @Test
    void leavesOutDetailsThatTheClientWouldChokeOn() throws Exception {
        // MAX_HEADER_LIST_SIZE 1000.
        try (RawPeer client = RawPeer.client(proxy.port(), "0006000003e8");
                RawPeer server = callThrough(client, true)) {
            server.headers(
                    1,
                    true,
                    ":status",
                    "200",
                    "content-type",
                    "application/grpc",
                    "grpc-status",
                    "13",
                    "grpc-message",
                    "short",
                    "grpc-status-details-bin",
                    "A".repeat(2000));
            Http2Headers trailers = client.nextHeaders();
            assertThat(trailers.get("grpc-status")).hasToString("13");
            assertThat(trailers.get("grpc-message")).hasToString("short");
            assertThat(trailers.contains("grpc-status-details-bin")).isFalse();
        }
    }

    @Test
    void aWindowThatTheClientShrinksBelowZeroStopsTheStreamUntilItIsPositive() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.data(1, new byte[16_000], false);
            assertThat(client.next(Frame.DATA).length()).isEqualTo(16_000);
            // Initial window 100 instead of 65,535: 15,900 below zero.
            client.send(out -> RawPeer.hexFrame(out, Frame.SETTINGS, 0, 0, "000400000064"));
            client.next(Frame.SETTINGS);
            server.data(1, new byte[1000], true);
            server.roundTrip();

            client.send(out -> Frame.writeWindowUpdate(out, 1, 15_900));
            client.roundTrip();
            client.send(out -> Frame.writeWindowUpdate(out, 1, 10));
            assertThat(client.next(Frame.DATA).length()).isEqualTo(10);
            client.send(out -> Frame.writeWindowUpdate(out, 1, 5000));
            Got rest = client.next(Frame.DATA);
            assertThat(rest.length()).isEqualTo(990);
            assertThat(rest.endsStream()).isTrue();
        }
    }

    @Test
    void splitsFramesForAClientThatTakesSmallOnes() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "000400100000");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.data(1, new byte[60_000], true);
            int total = 0;
            Got got;
            do {
                got = client.next(Frame.DATA);
                assertThat(got.length()).isLessThanOrEqualTo(Frame.MIN_MAX_SIZE);
                total += got.length();
            } while (!got.endsStream());
            assertThat(total).isEqualTo(60_000);
        }
    }

    @Test
    void givesCreditBackOnlyAsTheServerTakesTheData() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "AddArtifacts");
            client.data(1, MESSAGE, false);
            // A server whose window is 1000 bytes.
            try (RawPeer server = RawPeer.accept(listening, "0004000003e8")) {
                server.nextHeaders();
                Got grown = client.next(Frame.WINDOW_UPDATE);
                while (grown.streamId() != 1) {
                    grown = client.next(Frame.WINDOW_UPDATE);
                }
                for (int i = 0; i < 60; i++) {
                    client.data(1, new byte[16_000], false);
                }
                client.roundTrip();
                long taken = server.next(Frame.DATA).length();
                while (taken < 1000) {
                    taken += server.next(Frame.DATA).length();
                }
                assertThat(taken).isEqualTo(1000);

                server.send(out -> {
                    Frame.writeWindowUpdate(out, 1, 10 << 20);
                    Frame.writeWindowUpdate(out, 0, 10 << 20);
                });
                Got credit = client.next(Frame.WINDOW_UPDATE);
                while (credit.streamId() != 1) {
                    credit = client.next(Frame.WINDOW_UPDATE);
                }
                assertThat(Long.parseLong(credit.hex(), 16)).isGreaterThanOrEqualTo(512 * 1024);
            }
        }
    }

    @Test
    void answersWhenTheWindowIsFullAndTheHeadStillCannotBeRead() throws Exception {
        router.headBytes = 1 << 20;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config");
            for (int i = 0; i < 5; i++) {
                client.data(1, new byte[13_107], false);
            }
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("3");
            assertThat(client.next(Frame.RST_STREAM).hex()).isEqualTo("00000000");
        }
    }

    @Test
    void answersWhoeverCutsTheHeadTooFine() throws Exception {
        router.headBytes = 1 << 20;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config");
            for (int i = 0; i < 256; i++) {
                client.data(1, new byte[1], false);
            }
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("3");
        }
    }

    @Test
    void refusesDataBeyondTheWindow() throws Exception {
        router.headBytes = 1 << 20;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config");
            for (int i = 0; i < 4; i++) {
                client.data(1, new byte[16_000], false);
            }
            client.data(1, new byte[1600], false);
            assertThat(client.next(Frame.RST_STREAM).hex()).isEqualTo("00000003");
            assertThat(proxy.counters.hits(Limit.FLOW_CONTROL)).isEqualTo(1);
            client.roundTrip();
        }
    }

    @Test
    void showsTheFirstMessageToTheRouterBeforeTheClientGetsIt() throws Exception {
        router.inspects = true;
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.data(1, new byte[] {0, 0, 0, 0, 4}, false);
            server.data(1, new byte[] {1, 2, 3, 4}, false);
            server.headers(1, true, "grpc-status", "0");
            assertThat(client.nextHeaders().status()).hasToString("200");
            await().untilAsserted(() -> assertThat(router.inspected).containsExactly("01020304"));
            client.roundTrip();

            proxy.onLoop(router.passOns.remove());

            assertThat(client.next(Frame.DATA).hex()).isEqualTo("000000000401020304");
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
        }
    }

    @Test
    void passesAnErrorWithoutMessageAlthoughTheRouterWantedToSeeOne() throws Exception {
        router.inspects = true;
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "7");
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("7");
        }
    }

    @Test
    void doesNotPassOnUnseenWhatTheRouterMustSee() throws Exception {
        router.inspects = true;
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.data(1, new byte[] {1, 0, 0, 0, 4, 9, 9, 9, 9}, false);
            client.nextHeaders();
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("13");
        }
    }

    @Test
    void holdsAStreamUntilTheRouterDecides() throws Exception {
        router.holds = true;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "AddArtifacts", "grpc-timeout", "100S");
            client.data(1, MESSAGE, false);
            client.data(1, MESSAGE, true);
            client.roundTrip();
            assertThat(proxy.watcher.held).hasValue(1);
            // So long that the deadline is worth reducing.
            java.util.concurrent.locks.LockSupport.parkNanos(
                    Duration.ofMillis(30).toNanos());

            proxy.onLoop(router.decisions.remove());

            try (RawPeer server = RawPeer.accept(listening, "")) {
                assertThat(server.nextHeaders().get("grpc-timeout").toString()).matches("99\\d\\d\\dm");
                assertThat(server.readToEnd(1)).isEqualTo(2L * MESSAGE.length);
            }
            assertThat(proxy.watcher.held).hasValue(0);
        }
    }

    @Test
    void tellsTheRouterWhenAHeldStreamIsGone() throws Exception {
        router.holds = true;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config");
            client.data(1, MESSAGE, true);
            client.roundTrip();
            client.reset(1, ErrorCode.CANCEL);
            client.roundTrip();
            assertThat(router.cancelledDecisions).hasValue(1);
            assertThat(proxy.watcher.held).hasValue(0);
        }
    }

    @Test
    void asksAServerItself() throws Exception {
        Backend backend = new Backend("raw", "i", "127.0.0.1", listening.getLocalPort());
        var answer = proxy.locator().ask(backend, new byte[] {1, 2, 3});
        try (RawPeer server = RawPeer.accept(listening, "")) {
            assertThat(server.nextHeaders().path()).hasToString("/" + Grpc.SERVICE + "/ReleaseExecute");
            Got data = server.next(Frame.DATA);
            assertThat(data.hex()).isEqualTo("0000000003010203");
            assertThat(data.endsStream()).isTrue();
            server.headers(1, true, ":status", "200", "grpc-status", "13", "grpc-message", "no session %C3%BC");
            assertThat(answer.get(10, java.util.concurrent.TimeUnit.SECONDS))
                    .isEqualTo(new io.sparkconnect.proxy.route.SessionLocator.ProbeAnswer(13, "no session ü"));

            var lost = proxy.locator().ask(backend, new byte[] {1});
            server.nextHeaders();
            server.close();
            assertThat(lost).failsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void givesUpAServerThatDoesNotAnswerItsOwnQuestionAndItsStream() throws Exception {
        proxy.close();
        proxy = new RunningRelay(router, Limits.connectTimeout(Duration.ofMillis(300)), RunningRelay.POOL, 1);
        var answer = proxy.locator()
                .ask(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort()), new byte[] {1, 2, 3});
        try (RawPeer server = RawPeer.accept(listening, "")) {
            server.nextHeaders();

            assertThat(server.next(Frame.RST_STREAM).hex()).isEqualTo("00000008");
            assertThat(answer).failsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void stopsRapidResetAndServesTheOthers() throws Exception {
        try (RawPeer other = RawPeer.client(proxy.port(), "");
                RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            for (int i = 0; i < 600; i++) {
                int id = 2 * i + 1;
                try {
                    attacker.call(id, "Config");
                    attacker.reset(id, ErrorCode.CANCEL);
                } catch (java.io.UncheckedIOException e) {
                    break;
                }
            }
            assertThat(attacker.next(Frame.GOAWAY).hex()).endsWith("0000000b");
            assertThat(proxy.counters.hits(Limit.RESETS_RECEIVED)).isEqualTo(1);
            other.roundTrip();
        }
    }

    @Test
    void stopsMadeYouResetAndServesTheOthers() throws Exception {
        try (RawPeer other = RawPeer.client(proxy.port(), "");
                RawPeer attacker = RawPeer.client(proxy.port(), "")) {
            for (int i = 0; i < 600; i++) {
                int id = 2 * i + 1;
                try {
                    attacker.call(id, "Config");
                    attacker.send(out -> Frame.writeWindowUpdate(out, id, FlowWindow.MAX));
                } catch (java.io.UncheckedIOException e) {
                    break;
                }
            }
            assertThat(attacker.next(Frame.GOAWAY).hex()).endsWith("0000000b");
            assertThat(proxy.counters.hits(Limit.RESETS_SENT)).isEqualTo(1);
            other.roundTrip();
        }
    }

    @Test
    void refusesStreamsBeyondTheLimitAndKeepsTheConnection() throws Exception {
        router.headBytes = 1 << 20;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            for (int i = 0; i < 1001; i++) {
                client.call(2 * i + 1, "Config");
            }
            Got refused = client.next(Frame.RST_STREAM);
            assertThat(refused.streamId()).isEqualTo(2001);
            assertThat(refused.hex()).isEqualTo("00000007");
            assertThat(proxy.counters.hits(Limit.CONCURRENT_STREAMS)).isEqualTo(1);
            client.roundTrip();
        }
    }

    @Test
    void endsAFloodOfPingsButNotPingsThatMeasureTraffic() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            for (int i = 0; i < 1000; i++) {
                server.data(1, new byte[10], false);
                client.next(Frame.DATA);
                client.roundTrip();
            }
            assertThat(proxy.counters.hits(Limit.PINGS)).isZero();
            client.send(out -> {
                for (int i = 0; i < 700; i++) {
                    Frame.writePing(out, i, false);
                }
            });
            assertThat(client.next(Frame.GOAWAY).hex()).endsWith("0000000b");
            assertThat(proxy.counters.hits(Limit.PINGS)).isEqualTo(1);
        }
    }

    @Test
    void readsAHeadThatComesInPieces() throws Exception {
        router.headBytes = 60_000;
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "Config");
            for (int i = 0; i < 4; i++) {
                client.data(1, new byte[15_000], i == 3);
            }
            try (RawPeer server = RawPeer.accept(listening, "")) {
                assertThat(server.readToEnd(1)).isEqualTo(60_000);
            }
        }
    }

    /** A call of stream 1 that has reached the server. */
    private RawPeer callThrough(RawPeer client, boolean end) throws Exception {
        client.call(1, "Config");
        client.data(1, MESSAGE, end);
        RawPeer server = RawPeer.accept(listening, "");
        assertThat(server.nextHeaders().path()).hasToString("/" + Grpc.SERVICE + "/Config");
        Got data = server.next(Frame.DATA);
        assertThat(data.length()).isEqualTo(MESSAGE.length);
        assertThat(data.endsStream()).isEqualTo(end);
        return server;
    }
}
