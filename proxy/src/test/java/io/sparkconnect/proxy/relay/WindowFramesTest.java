/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Windows, frame sizes and heads in pieces, as no library sends them. */
@Timeout(60)
class WindowFramesTest extends BetweenRawPeers {
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

    /** Trailers take no window: they must not wait for one that the last byte has used up. */
    @Test
    void sendsTheTrailersBehindAWindowThatIsExactlyUsedUp() throws Exception {
        // The stream may have 70,000 bytes, the connection as it begins 65,535.
        try (RawPeer client = RawPeer.client(proxy.port(), "000400011170");
                RawPeer server = callThrough(client, true)) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.data(1, new byte[60_000], false);
            server.data(1, new byte[10_000], false);
            server.headers(1, true, "grpc-status", "0");
            server.roundTrip();

            client.send(out -> Frame.writeWindowUpdate(out, 0, 10_000));

            assertThat(client.readToEnd(1)).isEqualTo(70_000);
        }
    }

    @Test
    void sendsAnEmptyLastFrameBehindAWindowThatIsExactlyUsedUp() throws Exception {
        try (RawPeer client = RawPeer.client(proxy.port(), "")) {
            client.call(1, "AddArtifacts");
            client.data(1, MESSAGE, false);
            try (RawPeer server = RawPeer.accept(listening, "000400011170")) {
                server.nextHeaders();
                awaitCredit(client, 1);
                int body = 70_000 - MESSAGE.length;
                for (int sent = 0; sent < body; sent += 10_000) {
                    client.data(1, new byte[Math.min(10_000, body - sent)], false);
                }
                client.data(1, new byte[0], true);
                client.roundTrip();

                server.send(out -> Frame.writeWindowUpdate(out, 0, 10_000));

                assertThat(server.readToEnd(1)).isEqualTo(70_000);
            }
        }
    }

    private static Got awaitCredit(RawPeer peer, int streamId) throws InterruptedException {
        Got credit = peer.next(Frame.WINDOW_UPDATE);
        while (credit.streamId() != streamId) {
            credit = peer.next(Frame.WINDOW_UPDATE);
        }
        return credit;
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
                awaitCredit(client, 1);
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
                Got credit = awaitCredit(client, 1);
                assertThat(Long.parseLong(credit.hex(), 16)).isGreaterThanOrEqualTo(512 * 1024);
            }
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
}
