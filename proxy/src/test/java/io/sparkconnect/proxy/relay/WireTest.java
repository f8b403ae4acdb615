/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawClient;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What gRPC's own clients never do. */
class WireTest {
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int ACK = 1;
    private static final byte[] CANCEL = {0, 0, 0, 8};

    @Test
    void acknowledgesPingsAtOnce() throws Exception {
        try (RunningRelay relay = relay(EngineLimits.defaults());
                RawClient client = new RawClient(relay.address())) {
            client.send(RawClient.PING, 0, 0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});

            RawClient.Frame answer = requireNonNull(client.await(RawClient.PING));
            assertThat(answer.flags()).isEqualTo(ACK);
            assertThat(answer.payload().readLong()).isEqualTo(0x0102030405060708L);
        }
    }

    @Test
    void answersAStreamThatNeverSaysWhoseItIs() throws Exception {
        try (RunningRelay relay = relay(Limits.requestHeadTimeout(Duration.ofMillis(200)));
                RawClient client = new RawClient(relay.address())) {
            client.call(1, "ExecutePlan");

            Http2Headers answer = requireNonNull(
                    requireNonNull(client.await(RawClient.HEADERS)).headers());
            assertThat(answer.get("grpc-status")).hasToString("4");
            assertThat(answer.get("grpc-message").toString()).contains("sparkconnect.proxy.request.head.timeout");
            assertThat(requireNonNull(client.await(RawClient.RST_STREAM))
                            .payload()
                            .readInt())
                    .as("NO_ERROR: stop sending")
                    .isZero();
        }
    }

    @Test
    void closesAConnectionThatOpensAndBreaksOffStreamsAllTheTime() throws Exception {
        try (RunningRelay relay = relay(Limits.resets(50));
                RawClient client = new RawClient(relay.address())) {
            for (int i = 0; i < 60; i++) {
                client.call(2 * i + 1, "ExecutePlan");
                client.send(RawClient.RST_STREAM, 0, 2 * i + 1, CANCEL);
            }

            RawClient.Frame goAway = requireNonNull(client.await(RawClient.GOAWAY));
            assertThat(goAway.payload().getInt(4)).isEqualTo(ENHANCE_YOUR_CALM);
            assertThat(goAway.payload().readableBytes())
                    .as("no text goes with it")
                    .isEqualTo(8);
            assertThat(client.await(RawClient.DATA))
                    .as("then the connection ends")
                    .isNull();
            await().until(() -> relay.watcher.openStreams.get() == 0);
        }
    }

    @Test
    void givesUpASilentClientThatAnswersNoPing() throws Exception {
        try (RunningRelay relay = relay(Limits.pingInterval(Duration.ofMillis(200)));
                RawClient client = new RawClient(relay.address())) {
            client.call(1, "ExecutePlan");

            assertThat(requireNonNull(client.await(RawClient.PING)).flags()).isZero();
            assertThat(client.await(RawClient.DATA)).as("the connection ends").isNull();
            await().until(() -> relay.watcher.clients.get() == 0);
        }
    }

    @Test
    void refusesWhatIsNotGrpc() throws Exception {
        try (RunningRelay relay = relay(EngineLimits.defaults());
                RawClient client = new RawClient(relay.address())) {
            client.get(1, "/");

            Http2Headers answer = requireNonNull(
                    requireNonNull(client.await(RawClient.HEADERS)).headers());
            assertThat(answer.status()).hasToString("405");
        }
    }

    private static RunningRelay relay(EngineLimits limits) throws Exception {
        return new RunningRelay(
                StubRouter.to(new Backend("container_none", "", "127.0.0.1", 1)), limits, RunningRelay.POOL, 1);
    }
}
