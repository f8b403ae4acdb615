/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.LogLines;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A real gRPC server ends a connection with too_many_pings at the third PING that comes sooner than it permits: every five
 * minutes by default, which is as often as we ask by default. Here both are two seconds.
 */
@Timeout(60)
class ServerPingsTest {
    private static final MethodDescriptor<byte[], byte[]> CHAT = Grpc.method("Chat", BIDI_STREAMING);
    private static final Duration PERMITTED = Duration.ofSeconds(2);

    private final Collected<byte[]> answers = new Collected<>();
    private LightConnectServer server;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start(
                        0, builder -> builder.permitKeepAliveTime(PERMITTED.toMillis(), TimeUnit.MILLISECONDS))
                .on("Chat", BIDI_STREAMING, ServerCalls.asyncBidiStreamingCall(Echoing::new));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    @Test
    void aLongSilentRequestAndThenAnIdleConnectionStayConnectedToAServerThatPermitsThatMuch() throws Exception {
        assertThat(EngineLimits.defaults().serverPingInterval()).isGreaterThanOrEqualTo(Duration.ofMinutes(5));
        try (RunningRelay relay = relayThatPingsEvery(PERMITTED)) {
            StreamObserver<byte[]> talk = talk(relay);
            talk.onNext(Grpc.request("s", "begin"));
            answers.awaitCount(1);

            // Four pings, of which the third would be too many.
            await().during(PERMITTED.multipliedBy(5))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> relay.watcher.servers.get() == 1 && relay.watcher.serversEver.get() == 1);
            talk.onNext(Grpc.request("s", "end"));
            talk.onCompleted();
            assertThat(answers.awaitCompleted()).hasSize(2);

            await().during(PERMITTED.multipliedBy(2))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> relay.watcher.servers.get() == 1 && relay.watcher.serversEver.get() == 1);
        }
    }

    /** The proof that the server of this test does not permit everything. */
    @Test
    void whoeverPingsMoreOftenIsCutAndTheProxySaysAtItsStartThatItWillBe() throws Exception {
        try (LogLines log = new LogLines(FrameEngine.class.getName());
                RunningRelay relay = relayThatPingsEvery(PERMITTED.dividedBy(4))) {
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("WARN", "sparkconnect.proxy.server.ping.interval", "5m");

            talk(relay).onNext(Grpc.request("s", "begin"));
            assertThat(answers.awaitEnd().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    private RunningRelay relayThatPingsEvery(Duration interval) throws Exception {
        // A quarter of the head's time is how exactly silence is measured.
        return new RunningRelay(
                StubRouter.to(server.backend()),
                new Limits()
                        .withHeadTimeout(PERMITTED)
                        .withPings(interval, Duration.ofSeconds(20))
                        .build(),
                RunningRelay.POOL,
                1);
    }

    private StreamObserver<byte[]> talk(RunningRelay relay) {
        return ClientCalls.asyncBidiStreamingCall(relay.newClient().newCall(CHAT, CallOptions.DEFAULT), answers);
    }
}
