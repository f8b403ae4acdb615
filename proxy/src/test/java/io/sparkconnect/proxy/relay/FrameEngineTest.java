/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine between real gRPC clients and servers. */
@Timeout(120)
class FrameEngineTest {
    private final BytesService service = new BytesService();
    private Server server;
    private FixedRouter router;
    private EngineFixture proxy;

    @BeforeEach
    void start() {
        server = EngineFixture.server(service);
        router = FixedRouter.to(EngineFixture.backend(server));
        proxy = new EngineFixture(router);
    }

    @AfterEach
    void stop() {
        proxy.close();
        server.shutdownNow();
    }

    @Test
    void relaysUnaryCalls() {
        ManagedChannel client = proxy.client();
        for (int size : new int[] {5, 100, 1000, 20_000, 70_000, 3_000_000}) {
            byte[] message = BytesService.fill(size, size);
            assertThat(unary(client, message)).isEqualTo(message);
        }
        await().untilAsserted(() -> assertThat(proxy.reports).hasSize(6));
        assertThat(proxy.reports).allSatisfy(report -> {
            assertThat(report.grpcStatus()).isZero();
            assertThat(report.reason()).isEqualTo("ok");
        });
        assertThat(router.outcomes).hasSize(6).containsOnly(new StreamOutcome.Answered(0));
    }

    @Test
    void relaysManyCallsOfManyClientsAtOnce() throws Exception {
        List<CompletableFuture<byte[]>> answers = new ArrayList<>();
        List<byte[]> expected = new ArrayList<>();
        for (int c = 0; c < 8; c++) {
            ManagedChannel client = proxy.client();
            for (int i = 0; i < 250; i++) {
                byte[] message = BytesService.fill(c * 1000 + i, 10 + i * 37);
                expected.add(message);
                answers.add(async(client, message));
            }
        }
        for (int i = 0; i < expected.size(); i++) {
            assertThat(answers.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(expected.get(i));
        }
    }

    @Test
    void relaysAStreamByteForByte() {
        assertStream(proxy.client(), 300, 70_001);
    }

    @Test
    void relaysAHundredMegabytesToASlowReaderByteForByte() throws Exception {
        ManagedChannel client = proxy.client(builder -> builder.flowControlWindow(70_000));
        int count = 100;
        int size = 1_000_003;
        SlowReader reader = new SlowReader(count, size);

        ClientCall<byte[], byte[]> call = client.newCall(BytesService.EXECUTE, CallOptions.DEFAULT);
        reader.start(call, BytesService.executeRequest(count, size));

        assertThat(reader.done.get(90, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
        assertThat(reader.received).isEqualTo(count);
        assertThat(reader.wrong).isZero();
    }

    @Test
    void relaysUploads() throws Exception {
        ManagedChannel client = proxy.client();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        StreamObserver<byte[]> upload =
                ClientCalls.asyncClientStreamingCall(BytesService.call(client, BytesService.UPLOAD), into(answer));
        long bytes = 0;
        for (int i = 0; i < 2_000; i++) {
            upload.onNext(BytesService.fill(i, 32_768));
            bytes += 32_768;
        }
        upload.onCompleted();

        assertThat(ByteBuffer.wrap(answer.get(60, TimeUnit.SECONDS)).getLong()).isEqualTo(bytes);
    }

    @Test
    void relaysBothWaysAtOnce() throws Exception {
        ManagedChannel client = proxy.client();
        List<byte[]> received = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        StreamObserver<byte[]> chat = ClientCalls.asyncBidiStreamingCall(
                BytesService.call(client, BytesService.CHAT), new StreamObserver<>() {
                    @Override
                    public void onNext(byte[] message) {
                        received.add(message);
                    }

                    @Override
                    public void onError(Throwable t) {
                        done.completeExceptionally(t);
                    }

                    @Override
                    public void onCompleted() {
                        done.complete(null);
                    }
                });
        for (int i = 0; i < 500; i++) {
            chat.onNext(BytesService.fill(i, 3 * i + 5));
        }
        chat.onCompleted();

        done.get(30, TimeUnit.SECONDS);
        assertThat(received).hasSize(500);
        for (int i = 0; i < 500; i++) {
            assertThat(received.get(i)).isEqualTo(BytesService.fill(i, 3 * i + 5));
        }
    }

    @Test
    void streamsThatNobodyReadsBlockNothing() throws Exception {
        ManagedChannel lazy = proxy.client(builder -> builder.flowControlWindow(1 << 20));
        ManagedChannel other = proxy.client();
        List<ClientCall<byte[], byte[]>> unread = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            ClientCall<byte[], byte[]> call = lazy.newCall(BytesService.EXECUTE, CallOptions.DEFAULT);
            call.start(new ClientCall.Listener<>() {}, new Metadata());
            call.sendMessage(BytesService.executeRequest(10_000, 64 * 1024));
            call.halfClose();
            unread.add(call);
        }
        settle(service.sent::get);

        for (int i = 0; i < 20; i++) {
            byte[] message = BytesService.fill(i, 2_000);
            assertThat(unary(lazy, message)).isEqualTo(message);
            assertThat(unary(other, message)).isEqualTo(message);
        }
        assertStream(lazy, 20, 50_000);
        assertStream(other, 20, 50_000);
        // Client's window, ours, and what sits in the libraries and sockets on the way: a few MiB a stream, not 640.
        assertThat(service.sent.get()).isLessThan(32L * 6 * 1024 * 1024);
        unread.forEach(call -> call.cancel("enough", null));
        await().untilAsserted(() -> assertThat(service.cancelled).hasValue(32));
    }

    @Test
    void passesACancelOn() {
        ManagedChannel client = proxy.client();
        ClientCall<byte[], byte[]> call = client.newCall(BytesService.INTERRUPT, CallOptions.DEFAULT);
        AtomicInteger status = new AtomicInteger(-1);
        call.start(statusInto(status), new Metadata());
        call.sendMessage(new byte[10]);
        call.halfClose();
        call.request(1);
        await().untilAsserted(() -> assertThat(service.waiting).hasValue(1));

        call.cancel("enough", null);

        await().untilAsserted(() -> assertThat(service.cancelled).hasValue(1));
        await().untilAsserted(() -> assertThat(router.outcomes).containsExactly(new StreamOutcome.Cancelled()));
        assertThat(proxy.reports.get(0).reason()).isEqualTo("cancelled");
    }

    @Test
    void cancelsAtTheServerWhenTheClientIsGone() {
        ManagedChannel client = proxy.client();
        for (int i = 0; i < 3; i++) {
            ClientCall<byte[], byte[]> call = client.newCall(BytesService.INTERRUPT, CallOptions.DEFAULT);
            call.start(new ClientCall.Listener<>() {}, new Metadata());
            call.sendMessage(new byte[10]);
            call.halfClose();
        }
        await().untilAsserted(() -> assertThat(service.waiting).hasValue(3));

        client.shutdownNow();

        await().untilAsserted(() -> assertThat(service.cancelled).hasValue(3));
    }

    @Test
    void passesADeadlineOn() {
        ManagedChannel client = proxy.client();
        StatusRuntimeException late = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(
                        client,
                        BytesService.INTERRUPT,
                        CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS),
                        new byte[10]));
        assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        await().untilAsserted(() -> assertThat(service.cancelled).hasValue(1));
    }

    @Test
    void passesAnErrorOnAsItIs() {
        StatusRuntimeException error = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(
                        proxy.client(), BytesService.FAIL, CallOptions.DEFAULT, new byte[10]));
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(error.getStatus().getDescription()).isEqualTo("as told: ü");
        assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(13));
    }

    @Test
    void answersUnavailableWhenTheServerDies() throws Exception {
        proxy.close();
        CuttableWire wire = new CuttableWire(server.getPort());
        FixedRouter overWire = FixedRouter.to(new Backend("wired", "i", "127.0.0.1", wire.port()));
        proxy = new EngineFixture(overWire);
        ManagedChannel client = proxy.client();
        ClientCall<byte[], byte[]> silent = client.newCall(BytesService.INTERRUPT, CallOptions.DEFAULT);
        AtomicInteger silentStatus = new AtomicInteger(-1);
        silent.start(statusInto(silentStatus), new Metadata());
        silent.sendMessage(new byte[10]);
        silent.halfClose();
        SlowReader streaming = new SlowReader(10_000, 50_000);
        streaming.start(
                client.newCall(BytesService.EXECUTE, CallOptions.DEFAULT), BytesService.executeRequest(10_000, 50_000));
        await().untilAsserted(() -> assertThat(service.waiting).hasValue(1));
        await().untilAsserted(() -> assertThat(streaming.received).isPositive());

        wire.cut();

        assertThat(streaming.done.get(30, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        await().untilAsserted(() -> assertThat(silentStatus).hasValue(14));
        assertThat(streaming.wrong).isZero();
        assertThat(overWire.outcomes)
                .hasSize(2)
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(StreamOutcome.ConnectionLost.class));
        assertThat(unary(client, new byte[100])).hasSize(100);
        wire.close();
    }

    @Test
    void answersUnavailableWhenTheServerCannotBeReached() {
        proxy.close();
        FixedRouter nowhere = FixedRouter.to(new Backend("gone", "i", "127.0.0.1", freePort()));
        proxy = new EngineFixture(nowhere);

        StatusRuntimeException error =
                catchThrowableOfType(StatusRuntimeException.class, () -> unary(proxy.client(), new byte[10]));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(error.getStatus().getDescription()).contains("gone at 127.0.0.1");
        assertThat(nowhere.outcomes)
                .hasSize(1)
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(StreamOutcome.ConnectFailed.class));
    }

    @Test
    void givesTheRoutersAnswers() {
        proxy.close();
        proxy = new EngineFixture(new FixedRouter(head -> new RoutingDecision.Answer(
                new StatusAnswer(13, "as the router says", new byte[] {8, 13}, new byte[0]), "test")));

        StatusRuntimeException error =
                catchThrowableOfType(StatusRuntimeException.class, () -> unary(proxy.client(), new byte[10]));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(error.getStatus().getDescription()).isEqualTo("as the router says");
        assertThat(error.getTrailers().get(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER)))
                .containsExactly(8, 13);
        assertThat(proxy.reports).hasSize(1);
        assertThat(proxy.held).hasValue(0);
    }

    @Test
    void givesTheRoutersMessages() {
        proxy.close();
        proxy = new EngineFixture(new FixedRouter(head ->
                new RoutingDecision.Answer(new StatusAnswer(0, "", new byte[0], new byte[] {1, 2, 3}), "released")));

        assertThat(unary(proxy.client(), new byte[10])).containsExactly(1, 2, 3);
    }

    @Test
    void readsAHeadThatComesInPieces() throws Exception {
        router.headBytes = 60_000;
        ManagedChannel client = proxy.client();
        byte[] message = BytesService.fill(1, 100_000);
        assertThat(unary(client, message)).isEqualTo(message);
    }

    @Test
    void refusesOtherServices() {
        var other = BytesService.CONFIG.toBuilder()
                .setFullMethodName("grpc.health.v1.Health/Check")
                .build();
        StatusRuntimeException error = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(proxy.client(), other, CallOptions.DEFAULT, new byte[10]));
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void drainsWithoutLosingAStream() throws Exception {
        ManagedChannel client = proxy.client();
        SlowReader streaming = new SlowReader(200, 100_000);
        streaming.start(
                client.newCall(BytesService.EXECUTE, CallOptions.DEFAULT), BytesService.executeRequest(200, 100_000));
        await().untilAsserted(() -> assertThat(streaming.received).isPositive());

        proxy.connections.forEach(connection -> proxy.onLoop(connection::drain));

        // The client opens a new connection for what comes next, once it has read the GOAWAY.
        await().until(() -> {
            assertThat(unary(client, new byte[100])).hasSize(100);
            return proxy.connections.size() == 2;
        });
        assertThat(streaming.done.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
        assertThat(streaming.received).isEqualTo(200);
    }

    @Test
    void cutsOffWithUnavailable() throws Exception {
        ManagedChannel client = proxy.client();
        AtomicInteger status = new AtomicInteger(-1);
        ClientCall<byte[], byte[]> call = client.newCall(BytesService.INTERRUPT, CallOptions.DEFAULT);
        call.start(statusInto(status), new Metadata());
        call.sendMessage(new byte[10]);
        call.halfClose();
        await().untilAsserted(() -> assertThat(service.waiting).hasValue(1));

        proxy.connections.forEach(connection -> proxy.onLoop(connection::cutOff));

        await().untilAsserted(() -> assertThat(status).hasValue(14));
        await().untilAsserted(() -> assertThat(service.cancelled).hasValue(1));
    }

    // Helpers.

    private static byte[] unary(ManagedChannel client, byte[] message) {
        return ClientCalls.blockingUnaryCall(
                client, BytesService.CONFIG, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), message);
    }

    private static CompletableFuture<byte[]> async(ManagedChannel client, byte[] message) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(BytesService.call(client, BytesService.CONFIG), message, into(answer));
        return answer;
    }

    private static void assertStream(ManagedChannel client, int count, int size) {
        Iterator<byte[]> messages = ClientCalls.blockingServerStreamingCall(
                client,
                BytesService.EXECUTE,
                CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                BytesService.executeRequest(count, size));
        for (int i = 0; i < count; i++) {
            assertThat(messages.next()).isEqualTo(BytesService.fill(i, size));
        }
        assertThat(messages.hasNext()).isFalse();
    }

    /** Waits until the number does not grow any more. */
    private static void settle(java.util.function.LongSupplier number) {
        long[] last = {-1};
        await().pollInterval(Duration.ofMillis(300))
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    boolean still = number.getAsLong() == last[0] && last[0] > 0;
                    last[0] = number.getAsLong();
                    return still;
                });
    }

    private static StreamObserver<byte[]> into(CompletableFuture<byte[]> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] value) {
                answer.complete(value);
            }

            @Override
            public void onError(Throwable t) {
                answer.completeExceptionally(t);
            }

            @Override
            public void onCompleted() {}
        };
    }

    private static ClientCall.Listener<byte[]> statusInto(AtomicInteger code) {
        return new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
                code.set(status.getCode().value());
            }
        };
    }

    private static int freePort() {
        try (var socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Takes one message at a time and compares it. */
    private static final class SlowReader extends ClientCall.Listener<byte[]> {
        final CompletableFuture<Status> done = new CompletableFuture<>();
        private final int count;
        private final int size;
        volatile int received;
        volatile int wrong;
        private @Nullable ClientCall<byte[], byte[]> call;

        SlowReader(int count, int size) {
            this.count = count;
            this.size = size;
        }

        void start(ClientCall<byte[], byte[]> stream, byte[] request) {
            call = stream;
            stream.start(this, new Metadata());
            stream.request(1);
            stream.sendMessage(request);
            stream.halfClose();
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // Only gRPC's callbacks write, one after the other.
        public void onMessage(byte[] message) {
            if (!java.util.Arrays.equals(message, BytesService.fill(received, size))) {
                wrong++;
            }
            received++;
            // Every message waits for a while in somebody's window.
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            if (received <= count && call != null) {
                call.request(1);
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            done.complete(status);
        }
    }
}
