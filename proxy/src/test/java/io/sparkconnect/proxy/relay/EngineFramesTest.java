/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine between peers that do by hand what no library does. */
@Timeout(60)
class EngineFramesTest extends BetweenRawPeers {
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
}
