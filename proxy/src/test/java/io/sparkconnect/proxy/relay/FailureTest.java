/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.SocketCutter;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FailureTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> ADD = Grpc.method("AddArtifacts", CLIENT_STREAMING);

    private final CountDownLatch cancelled = new CountDownLatch(1);
    private LightConnectServer server;
    private StubRouter router;
    private RunningRelay relay;
    private ManagedChannel client;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                    ((ServerCallStreamObserver<byte[]>) out).setOnCancelHandler(cancelled::countDown);
                    out.onNext("first".getBytes(UTF_8));
                }));
        router = StubRouter.to(server.backend());
        relay = RunningRelay.with(router);
        client = relay.newClient();
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void aCancelReachesTheServer() throws Exception {
        Collected<byte[]> rows = new Collected<>();
        var call = client.newCall(EXECUTE, CallOptions.DEFAULT);
        ClientCalls.asyncServerStreamingCall(call, Grpc.request("s", "go"), rows);
        rows.awaitCount(1);

        call.cancel("enough", null);

        assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        await().until(() -> router.outcomes.contains(new StreamOutcome.Cancelled()));
        await().until(() -> relay.watcher.openStreams.get() == 0);
    }

    @Test
    void aDeadlineThatPassesCancelsAtTheServer() throws Exception {
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(EXECUTE, CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS)),
                Grpc.request("s", "go"),
                rows);

        assertThat(rows.awaitEnd().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aClientThatVanishesCancelsItsStreams() throws Exception {
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
        rows.awaitCount(1);

        client.shutdownNow();

        assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        await().until(() -> relay.watcher.clients.get() == 0);
    }

    @Test
    void anEarlyAnswerArrivesWhileTheClientStillSends() {
        server.on(
                "AddArtifacts",
                CLIENT_STREAMING,
                ServerCalls.<byte[], byte[]>asyncClientStreamingCall(out -> new StreamObserver<byte[]>() {
                    @Override
                    public void onNext(byte[] request) {
                        out.onNext("enough".getBytes(UTF_8));
                        out.onCompleted();
                    }

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {}
                }));
        Collected<byte[]> answer = new Collected<>();

        StreamObserver<byte[]> upload =
                ClientCalls.asyncClientStreamingCall(client.newCall(ADD, CallOptions.DEFAULT), answer);
        upload.onNext(Grpc.request("s", "part"));

        assertThat(answer.awaitCompleted()).hasSize(1);
        await().until(() -> relay.watcher.openStreams.get() == 0);
        assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(0));
    }

    @Test
    void aServerKilledInMidStreamBecomesUnavailable() throws Exception {
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
        rows.awaitCount(1);

        server.kill();

        assertThat(rows.awaitEnd().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(rows.values()).hasSize(1);
    }

    @Test
    void aConnectionCutInMidStreamBecomesUnavailableWithTheServersName() throws Exception {
        try (SocketCutter cutter = new SocketCutter()) {
            StubRouter toCutter = StubRouter.to(cutter.backend());
            try (RunningRelay other = RunningRelay.with(toCutter)) {
                Collected<byte[]> rows = new Collected<>();
                ClientCalls.asyncServerStreamingCall(
                        other.newClient().newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
                cutter.awaitRequestAndCut();

                Status end = rows.awaitEnd();
                assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(end.getDescription()).contains("Lost the connection", "container_cutter");
                assertThat(toCutter.outcomes).hasSize(1).first().isInstanceOf(StreamOutcome.ConnectionLost.class);
            }
        }
    }

    @Test
    void aServerThatIsNotThereBecomesUnavailableWithTheCause() throws Exception {
        server.kill();

        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, this::unary);

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(refused.getStatus().getDescription())
                .contains("Cannot connect", server.backend().serverId(), "refused");
        assertThat(router.outcomes).hasSize(1).first().isInstanceOf(StreamOutcome.ConnectFailed.class);
    }

    @Test
    void aServerThatComesBackIsUsedAgain() throws Exception {
        unary();
        int port = server.port();
        server.kill();
        await().until(() -> relay.watcher.servers.get() == 0);

        LightConnectServer again = LightConnectServer.start(port, builder -> builder);
        again.on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            out.onNext("again".getBytes(UTF_8));
            out.onCompleted();
        }));
        server = again;

        await().ignoreExceptions()
                .untilAsserted(() -> assertThat(unary()).asString(UTF_8).isEqualTo("again"));
    }

    @Test
    void aServerThatShutsDownEndsItsStreamsAndGetsNoNewOnes() {
        CountDownLatch finish = new CountDownLatch(1);
        server.on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
            out.onNext("first".getBytes(UTF_8));
            new Thread(() -> {
                        try {
                            finish.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        out.onNext("last".getBytes(UTF_8));
                        out.onCompleted();
                    })
                    .start();
        }));
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
        rows.awaitCount(1);

        server.shutdown();
        await().untilAsserted(() -> assertThat(catchThrowableOfType(StatusRuntimeException.class, this::unary))
                .isNotNull());
        finish.countDown();

        assertThat(rows.awaitCompleted()).hasSize(2);
    }

    @Test
    void aPeerThatIsNoHttp2ServerIsSaidToBeNone() throws Exception {
        try (ServerSocket http1 = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                RunningRelay other = RunningRelay.with(
                        StubRouter.to(new Backend("container_http1", "", "127.0.0.1", http1.getLocalPort())))) {
            Thread answering = new Thread(() -> {
                try (Socket socket = http1.accept()) {
                    socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            answering.start();

            StatusRuntimeException refused = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> ClientCalls.blockingUnaryCall(
                            other.newClient(), CONFIG, CallOptions.DEFAULT, Grpc.request("s", "x")));

            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(refused.getStatus().getDescription()).contains("container_http1");
            answering.join();
        }
    }

    @Test
    void aPeerThatSaysNothingIsGivenUpAfterTheConnectTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                RunningRelay other = new RunningRelay(
                        StubRouter.to(new Backend("container_silent", "", "127.0.0.1", silent.getLocalPort())),
                        Limits.connectTimeout(Duration.ofMillis(300)),
                        RunningRelay.POOL,
                        1)) {
            StatusRuntimeException refused = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> ClientCalls.blockingUnaryCall(
                            other.newClient(), CONFIG, CallOptions.DEFAULT, Grpc.request("s", "x")));

            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(refused.getStatus().getDescription()).contains("no HTTP/2 answer within 300 ms");
        }
    }

    @Test
    void aStreamThatWaitsForTheRouterCanBeCancelled() {
        router.holds = true;
        var call = client.newCall(EXECUTE, CallOptions.DEFAULT);
        ClientCalls.asyncServerStreamingCall(call, Grpc.request("s", "go"), new Collected<>());
        await().until(() -> relay.watcher.held.get() == 1);

        call.cancel("enough", null);

        await().until(() -> router.cancelledDecisions.get() == 1);
        assertThat(relay.watcher.held).hasValue(0);
        assertThat(router.outcomes).isEmpty();
    }

    @Test
    void aStreamThatWaitedForTheRouterIsRelayedWhole() {
        router.holds = true;
        Collected<byte[]> answer = new Collected<>();
        ClientCalls.asyncUnaryCall(
                client.newCall(CONFIG, CallOptions.DEFAULT), Grpc.request("s", "patience".repeat(10_000)), answer);
        await().until(() -> router.heldDecisions.size() == 1);

        router.heldDecisions.remove().run();

        assertThat(answer.awaitCompleted().get(0)).hasSize(80_000);
    }

    @Test
    void aResponseThatTheRouterWantsToSeeWaitsForIt() {
        router.inspects = true;
        Collected<byte[]> answer = new Collected<>();
        ClientCalls.asyncUnaryCall(client.newCall(CONFIG, CallOptions.DEFAULT), Grpc.request("s", "clone"), answer);
        await().until(() -> router.passOns.size() == 1);
        assertThat(router.inspected.remove()).asString(UTF_8).isEqualTo("clone");
        assertThat(answer.values()).isEmpty();

        router.passOns.remove().run();

        assertThat(answer.awaitCompleted()).hasSize(1);
    }

    @Test
    void anErrorInsteadOfAResponseIsNotHeldBack() {
        router.inspects = true;
        server.on(
                "Config",
                UNARY,
                ServerCalls.asyncUnaryCall(
                        (request, out) -> out.onError(Status.FAILED_PRECONDITION.asRuntimeException())));

        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, this::unary);

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    }

    private byte[] unary() {
        return ClientCalls.blockingUnaryCall(
                client,
                CONFIG,
                CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                Grpc.request("s", "hello"));
    }
}
