/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Until a server has the request, its deadline is the proxy's to keep. */
@Timeout(60)
class DeadlineTest {
    private static final byte[] MESSAGE = {0, 0, 0, 0, 3, 1, 2, 3};
    private static final String DEADLINE_EXCEEDED = "4";

    private ServerSocket silent;
    private FixedRouter router;
    private RunningRelay relay;
    private RawPeer client;

    @BeforeEach
    void start() throws Exception {
        silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        router = FixedRouter.to(new Backend("silent", "i", "127.0.0.1", silent.getLocalPort()));
        relay = RunningRelay.with(router);
        client = RawPeer.client(relay.address().getPort(), "");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        relay.close();
        silent.close();
    }

    @Test
    void passesWhileTheFirstMessageIsAwaited() throws Exception {
        client.call(1, "ExecutePlan", "grpc-timeout", "200m");

        assertDeadlineExceeded();
        assertThat(client.next(Frame.RST_STREAM).hex())
                .as("NO_ERROR: stop sending")
                .isEqualTo("00000000");
    }

    @Test
    void passesWhileTheRouterDecides() throws Exception {
        router.holds = true;
        client.call(1, "ExecutePlan", "grpc-timeout", "200m");
        client.data(1, MESSAGE, true);

        assertDeadlineExceeded();
        await().untilAsserted(() -> assertThat(router.cancelledDecisions).hasValue(1));
        assertThat(relay.watcher.held).hasValue(0);
    }

    @Test
    void passesWhileAConnectionIsAwaited() throws Exception {
        client.call(1, "ExecutePlan", "grpc-timeout", "200m");
        client.data(1, MESSAGE, true);

        assertDeadlineExceeded();
    }

    @Test
    void isTheServersOnceItHasTheRequest() throws Exception {
        client.call(1, "ExecutePlan", "grpc-timeout", "200m");
        client.data(1, MESSAGE, true);
        try (RawPeer server = RawPeer.accept(silent, "")) {
            assertThat(server.nextHeaders().get("grpc-timeout").toString()).matches("1?\\d\\d?m|200m");
            server.readToEnd(1);

            // Later than the deadline, and still the server's word counts.
            await().until(() -> System.nanoTime() - startedAt > 400_000_000L);
            server.headers(1, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "0");

            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
        }
    }

    private final long startedAt = System.nanoTime();

    private void assertDeadlineExceeded() throws InterruptedException, IOException {
        Http2Headers answer = client.nextHeaders();
        assertThat(answer.get("grpc-status")).hasToString(DEADLINE_EXCEEDED);
        assertThat(answer.get("grpc-message").toString()).contains("deadline passed before a server was found");
        await().untilAsserted(() -> assertThat(relay.watcher.reports).hasSize(1));
        assertThat(relay.watcher.reports.remove().reason()).isEqualTo("deadline");
    }
}
