/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What stands before and behind the messages, near the limits of gRPC's libraries and in the order that they rely on. */
@Timeout(60)
class HeadersAndTrailersTest {
    private static final byte[] MESSAGE = {0, 0, 0, 0, 3, 1, 2, 3};
    /** MAX_HEADER_LIST_SIZE 16384, as gRPC's C core says. */
    private static final String C_CORE = "000600004000";

    private ServerSocket listening;
    private FixedRouter router;
    private RunningRelay relay;
    private RawPeer client;

    @BeforeEach
    void start() throws Exception {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        router = FixedRouter.to(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort()));
        // sparkconnect.proxy.headers.max.kib as shipped.
        relay = new RunningRelay(
                router,
                new Limits()
                        .withClients(AbuseLimits.forClients(1000, 16 * 1024, 500))
                        .build(),
                RunningRelay.POOL,
                1);
        client = RawPeer.client(relay.address().getPort(), C_CORE);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        relay.close();
        listening.close();
    }

    @Test
    void metadataNearTheLimitPassesWhole() throws Exception {
        String token = "t".repeat(15_500);
        client.call(1, "Config", "authorization", token);
        client.data(1, MESSAGE, true);
        try (RawPeer server = RawPeer.accept(listening, C_CORE)) {
            assertThat(server.nextHeaders().get("authorization")).hasToString(token);
        }
    }

    @Test
    void trailersOfTwelveKilobytesPassWhole() throws Exception {
        try (RawPeer server = callThrough()) {
            String details = "D".repeat(12_000);
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.headers(1, true, "grpc-status", "13", "grpc-message", "m", "grpc-status-details-bin", details);

            assertThat(client.nextHeaders().status()).hasToString("200");
            Http2Headers trailers = client.nextHeaders();
            assertThat(trailers.get("grpc-status")).hasToString("13");
            assertThat(trailers.get("grpc-status-details-bin")).hasToString(details);
        }
    }

    @Test
    void trailersStayBehindDataThatWaits() throws Exception {
        try (RawPeer server = callThrough()) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            for (int i = 0; i < 10; i++) {
                server.data(1, new byte[16_384], false);
            }
            server.headers(1, true, "grpc-status", "0");
            server.roundTrip();
            await().untilAsserted(() -> assertThat(client.dataBytes(1)).isEqualTo(FlowWindow.DEFAULT));
            client.nextHeaders();

            client.send(out -> {
                Frame.writeWindowUpdate(out, 0, 1 << 20);
                Frame.writeWindowUpdate(out, 1, 1 << 20);
            });

            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
            assertThat(client.dataBytes(1)).as("all of it before the trailers").isEqualTo(163_840);
        }
    }

    @Test
    void anAnswerOfTrailersOnlyStaysOne() throws Exception {
        try (RawPeer server = callThrough()) {
            server.headers(
                    1,
                    true,
                    ":status",
                    "200",
                    "content-type",
                    "application/grpc",
                    "grpc-status",
                    "5",
                    "grpc-message",
                    "no such table");

            Http2Headers only = client.nextHeaders();

            assertThat(only.status()).hasToString("200");
            assertThat(only.get("grpc-status")).hasToString("5");
            assertThat(only.get("grpc-message")).hasToString("no such table");
            client.roundTrip();
            await().untilAsserted(() -> assertThat(relay.watcher.openStreams).hasValue(0));
            assertThat(client.dataBytes(1)).isZero();
        }
    }

    @Test
    void aServerKilledInMidAnswerEndsItWithTrailersThatSayUnavailable() throws Exception {
        try (RawPeer server = callThrough()) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.data(1, MESSAGE, false);
            client.nextHeaders();
            client.next(Frame.DATA);

            server.close();

            Http2Headers trailers = client.nextHeaders();
            assertThat(trailers.status()).as("trailers, not a second answer").isNull();
            assertThat(trailers.get("grpc-status")).hasToString("14");
            assertThat(trailers.get("grpc-message").toString()).contains("Lost the connection", "raw");
            await().untilAsserted(() ->
                    assertThat(router.outcomes).hasSize(1).first().isInstanceOf(StreamOutcome.ConnectionLost.class));
        }
    }

    @Test
    void aServerKilledBeforeItsAnswerGivesOneThatSaysUnavailable() throws Exception {
        try (RawPeer server = callThrough()) {
            server.close();

            Http2Headers answer = client.nextHeaders();
            assertThat(answer.status()).hasToString("200");
            assertThat(answer.get("grpc-status")).hasToString("14");
        }
    }

    @Test
    void aClientThatHasSaidAllGetsAnswersAsLongAsTheyCome() throws Exception {
        try (RawPeer server = callThrough()) {
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            client.nextHeaders();
            for (int i = 0; i < 5; i++) {
                server.data(1, MESSAGE, false);
                assertThat(client.next(Frame.DATA).length()).isEqualTo(MESSAGE.length);
                client.roundTrip();
            }
            server.headers(1, true, "grpc-status", "0");
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
        }
    }

    /** A whole request, which has reached the server. */
    private RawPeer callThrough() throws Exception {
        client.call(1, "Config");
        client.data(1, MESSAGE, true);
        RawPeer server = RawPeer.accept(listening, "");
        assertThat(server.readToEnd(1)).isEqualTo(MESSAGE.length);
        return server;
    }
}
