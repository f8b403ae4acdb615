/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients of a gRPC library whose connection the proxy ends because nobody asked for anything. */
@Timeout(60)
class IdleClientsTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> CHAT = Grpc.method("Chat", BIDI_STREAMING);

    private LightConnectServer server;
    private RunningRelay relay;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on("Chat", BIDI_STREAMING, ServerCalls.asyncBidiStreamingCall(Echoing::new));
        relay = new RunningRelay(
                StubRouter.to(server.backend()),
                new Limits().withIdleTimeout(Duration.ofMillis(400)).build(),
                RunningRelay.POOL,
                1);
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void anIdleClientConnectsAnewForItsNextRequestAndSeesNoError() {
        ManagedChannel notebook = relay.newClient();
        for (int evening = 1; evening <= 3; evening++) {
            assertThat(call(notebook)).isEqualTo("hello");

            await().until(() -> relay.listener.connections() == 0);
            assertThat(relay.counters.hits(Limit.IDLE_TIME)).isEqualTo(evening);
        }
        assertThat(call(notebook)).isEqualTo("hello");
    }

    @Test
    void aConnectionWithALongSilentRequestIsNotIdle() {
        Collected<byte[]> answers = new Collected<>();
        StreamObserver<byte[]> talk =
                ClientCalls.asyncBidiStreamingCall(relay.newClient().newCall(CHAT, CallOptions.DEFAULT), answers);
        talk.onNext(Grpc.request("s", "begin"));
        answers.awaitCount(1);

        // Another one that is idle is sent away twice meanwhile.
        ManagedChannel notebook = relay.newClient();
        for (int i = 1; i <= 2; i++) {
            assertThat(call(notebook)).isEqualTo("hello");
            await().until(() -> relay.listener.connections() == 1);
        }

        talk.onNext(Grpc.request("s", "end"));
        talk.onCompleted();
        assertThat(answers.awaitCompleted()).hasSize(2);
        assertThat(relay.counters.hits(Limit.IDLE_TIME)).isEqualTo(2);
    }

    private static String call(ManagedChannel channel) {
        return new String(
                ClientCalls.blockingUnaryCall(
                        channel,
                        CONFIG,
                        CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                        Grpc.request("s", "hello")),
                UTF_8);
    }
}
