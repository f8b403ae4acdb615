/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the router sees, delays and asks, frame by frame. */
@Timeout(60)
class RouterHooksTest extends BetweenRawPeers {
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
}
