/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Flood;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.SlowReader;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlowControlTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> ADD = Grpc.method("AddArtifacts", CLIENT_STREAMING);
    private static final int MIB = 1 << 20;

    /** As long as there is plenty, what waits may hold on to buffers that are four times as large. */
    private static final int MEMORY_OF_A_BYTE = 4;

    private static final Duration STILL = Duration.ofMillis(700);

    private LightConnectServer server;
    private RunningRelay relay;
    private Channel client;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start(0, builder -> builder.flowControlWindow(MIB))
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    out.onNext(Grpc.payload(request));
                    out.onCompleted();
                }));
        relay = RunningRelay.with(StubRouter.to(server.backend()));
        client = relay.newClientWithWindow(MIB);
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void thirtyTwoUnreadStreamsBlockNothingAndLoseNothing() {
        Flood flood = serveFlood(64 * 1024, 64);

        List<SlowReader> readers = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            readers.add(read(flood, i));
        }
        awaitStill(flood);
        assertThat(relay.engine.bufferedBytes()).isBetween(1L, MEMORY_OF_A_BYTE * 32L * MIB);
        callsWork(client);
        callsWork(relay.newClient());

        for (SlowReader reader : readers) {
            reader.readAll();
        }
        for (SlowReader reader : readers) {
            assertThat(reader.awaitEnd().isOk()).isTrue();
            assertThat(reader.messages()).isEqualTo(64);
            assertThat(reader.wrongMessages()).isZero();
        }
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    @Test
    void anUnreadStreamHoldsNoMoreThanItsWindows() {
        Flood flood = serveFlood(16 * 1024, 100_000);

        SlowReader reader = read(flood, 1);
        awaitStill(flood);

        // The client's window, ours, and what the server's own library takes beyond it.
        assertThat(flood.sentBytes()).isBetween((long) MIB, 3L * MIB);
        assertThat(relay.engine.bufferedBytes()).isBetween(1L, MEMORY_OF_A_BYTE * (long) MIB);
        reader.cancel();
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    @Test
    void manyTinyMessagesThatWaitComeInOrder() {
        server.on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
            for (int i = 0; i < 50_000; i++) {
                out.onNext(Integer.toString(i).getBytes(UTF_8));
            }
            out.onCompleted();
        }));
        AtomicInteger next = new AtomicInteger();

        SlowReader reader = new SlowReader(
                client,
                EXECUTE,
                Grpc.request("s", "go"),
                message -> new String(message, UTF_8).equals(Integer.toString(next.getAndIncrement())));
        callsWork(client);
        reader.readAll();

        assertThat(reader.awaitEnd().isOk()).isTrue();
        assertThat(reader.messages()).isEqualTo(50_000);
        assertThat(reader.wrongMessages()).isZero();
    }

    @Test
    void thirtyTwoUploadsThatTheServerDoesNotReadBlockNothing() {
        server.on("AddArtifacts", CLIENT_STREAMING, (call, headers) -> new ServerCall.Listener<>() {});
        byte[] chunk = Grpc.request("s", "tester", new byte[32 * 1024]);

        List<ClientCall<byte[], byte[]>> uploads = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            ClientCall<byte[], byte[]> upload = client.newCall(ADD, CallOptions.DEFAULT);
            upload.start(new ClientCall.Listener<>() {}, new Metadata());
            uploads.add(upload);
            for (int sent = 0; sent < 4 * MIB; sent += chunk.length) {
                upload.sendMessage(chunk);
            }
        }
        awaitStill(relay.engine::bufferedBytes);
        assertThat(relay.engine.bufferedBytes()).isBetween(1L, MEMORY_OF_A_BYTE * 32L * MIB);
        callsWork(client);
        callsWork(relay.newClient());
        uploadWorks(client);

        uploads.forEach(upload -> upload.cancel("enough", null));
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    private Flood serveFlood(int chunkBytes, int chunks) {
        Flood flood = new Flood(chunkBytes, chunks);
        server.on(
                "ExecutePlan",
                SERVER_STREAMING,
                ServerCalls.asyncServerStreamingCall((request, out) -> flood.answer(out)));
        return flood;
    }

    private SlowReader read(Flood flood, int session) {
        return new SlowReader(
                client, EXECUTE, Grpc.request("s" + session, "go"), message -> Arrays.equals(message, flood.chunk()));
    }

    /** Another upload, over the same connections, which the server reads. */
    private void uploadWorks(Channel channel) {
        server.on("AddArtifacts", CLIENT_STREAMING, ServerCalls.asyncClientStreamingCall(Counting::new));
        Collected<byte[]> answer = new Collected<>();
        StreamObserver<byte[]> upload =
                ClientCalls.asyncClientStreamingCall(channel.newCall(ADD, CallOptions.DEFAULT), answer);
        for (int i = 0; i < 100; i++) {
            upload.onNext(Grpc.request("u", "tester", new byte[32 * 1024]));
        }
        upload.onCompleted();
        assertThat(answer.awaitCompleted().get(0)).asString(UTF_8).isEqualTo("100");
    }

    /** Answers with the number of messages. */
    private static final class Counting implements StreamObserver<byte[]> {
        private final StreamObserver<byte[]> out;
        private int count;

        private Counting(StreamObserver<byte[]> out) {
            this.out = out;
        }

        @Override
        public void onNext(byte[] request) {
            count++;
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
            out.onNext(Integer.toString(count).getBytes(UTF_8));
            out.onCompleted();
        }
    }

    private static void awaitStill(Flood flood) {
        awaitStill(flood::sentBytes);
    }

    /** Until nothing moves any more: every window is full. */
    private static void awaitStill(LongSupplier moving) {
        long[] last = {-1, System.nanoTime()};
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            long now = moving.getAsLong();
            if (now != last[0]) {
                last[0] = now;
                last[1] = System.nanoTime();
            }
            return now > 0 && System.nanoTime() - last[1] > STILL.toNanos();
        });
    }

    private static void callsWork(Channel channel) {
        for (int i = 0; i < 48; i++) {
            byte[] answer = ClientCalls.blockingUnaryCall(
                    channel,
                    CONFIG,
                    CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                    Grpc.request("u" + i, "hello"));
            assertThat(answer).asString(UTF_8).isEqualTo("hello");
        }
    }
}
