/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that says it has not looked at a request gets it once more, if all of the request is still here. */
@Timeout(60)
class ReplayTest {
    private static final byte[] MESSAGE = {0, 0, 0, 0, 3, 1, 2, 3};
    private static final String REFUSED_STREAM = "00000007";

    private ServerSocket listening;
    private FixedRouter router;
    private RunningRelay relay;
    private RawPeer client;

    @BeforeEach
    void start() throws Exception {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        router = FixedRouter.to(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort()));
        relayWith(RunningRelay.POOL);
    }

    private void relayWith(PoolLimits pool) throws Exception {
        relay = new RunningRelay(router, EngineLimits.defaults(), pool, 1);
        client = RawPeer.client(relay.address().getPort(), "");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        relay.close();
        listening.close();
    }

    @Test
    void goesOverAnotherConnectionOfTheSameServer() throws Exception {
        callWhole();
        try (RawPeer first = RawPeer.accept(listening, "")) {
            first.nextHeaders();
            first.readToEnd(1);
            first.reset(1, ErrorCode.REFUSED_STREAM);

            try (RawPeer second = RawPeer.accept(listening, "")) {
                assertThat(second.nextHeaders().path()).hasToString("/spark.connect.SparkConnectService/Config");
                assertThat(second.readToEnd(1)).isEqualTo(MESSAGE.length);
                answer(second, 1);
                assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
            }
        }
        assertThat(relay.watcher.replayed).hasValue(1);
        await().untilAsserted(() -> assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(0)));
    }

    @Test
    void isTriedOnceOnly() throws Exception {
        callWhole();
        try (RawPeer first = RawPeer.accept(listening, "")) {
            first.readToEnd(1);
            first.reset(1, ErrorCode.REFUSED_STREAM);
            try (RawPeer second = RawPeer.accept(listening, "")) {
                second.readToEnd(1);
                second.reset(1, ErrorCode.REFUSED_STREAM);

                assertThat(client.next(Frame.RST_STREAM).hex()).isEqualTo(REFUSED_STREAM);
            }
        }
        assertThat(relay.watcher.replayed).hasValue(1);
    }

    @Test
    void goesOverTheSameConnectionWhereThereMayBeNoOther() throws Exception {
        stopRelay();
        relayWith(new PoolLimits(
                1, 1000, Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofMillis(1), Duration.ofMillis(10)));
        callWhole();
        try (RawPeer server = RawPeer.accept(listening, "")) {
            server.readToEnd(1);
            server.reset(1, ErrorCode.REFUSED_STREAM);

            assertThat(server.readToEnd(3)).isEqualTo(MESSAGE.length);
            answer(server, 3);
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
        }
    }

    @Test
    void isNotPossibleWhenPartOfTheRequestIsGone() throws Exception {
        client.call(1, "AddArtifacts");
        client.data(1, MESSAGE, false);
        try (RawPeer server = RawPeer.accept(listening, "")) {
            server.next(Frame.DATA);
            server.reset(1, ErrorCode.REFUSED_STREAM);

            assertThat(client.next(Frame.RST_STREAM).hex()).isEqualTo(REFUSED_STREAM);
        }
        assertThat(relay.watcher.replayed).hasValue(0);
    }

    @Test
    void isPossibleForAnUploadOfWhichNothingHasLeft() throws Exception {
        client.call(1, "AddArtifacts");
        client.data(1, new byte[10_000], false);
        // INITIAL_WINDOW_SIZE 0: the server gets the headers, and no byte behind them.
        try (RawPeer first = RawPeer.accept(listening, "000400000000")) {
            first.nextHeaders();
            first.reset(1, ErrorCode.REFUSED_STREAM);
            try (RawPeer second = RawPeer.accept(listening, "")) {
                second.nextHeaders();
                client.data(1, new byte[10_000], true);
                assertThat(second.readToEnd(1)).isEqualTo(20_000);
                answer(second, 1);
                assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
            }
        }
        assertThat(relay.engine.bufferedBytes()).isZero();
    }

    @Test
    void doesNotHappenOnceTheServerHasBegunToAnswer() throws Exception {
        callWhole();
        try (RawPeer server = RawPeer.accept(listening, "")) {
            server.readToEnd(1);
            server.headers(1, false, ":status", "200", "content-type", "application/grpc");
            server.reset(1, ErrorCode.REFUSED_STREAM);

            assertThat(client.next(Frame.RST_STREAM).hex()).isEqualTo(REFUSED_STREAM);
        }
        assertThat(relay.watcher.replayed).hasValue(0);
    }

    @Test
    void endsWithItsClient() throws Exception {
        callWhole();
        try (RawPeer first = RawPeer.accept(listening, "")) {
            first.readToEnd(1);
            first.reset(1, ErrorCode.REFUSED_STREAM);
            await().untilAsserted(() -> assertThat(relay.watcher.replayed).hasValue(1));

            client.reset(1, ErrorCode.CANCEL);
            client.roundTrip();

            assertThat(relay.watcher.openStreams).hasValue(0);
        }
    }

    private void callWhole() {
        client.call(1, "Config");
        client.data(1, MESSAGE, true);
    }

    private static void answer(RawPeer server, int stream) {
        server.headers(stream, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "0");
    }

    private void stopRelay() throws Exception {
        client.close();
        relay.close();
    }
}
