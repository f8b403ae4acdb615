/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Flood;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.ProxyProcess;
import io.sparkconnect.proxy.testkit.RawPeer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A proxy as it is shipped, with little memory for buffers, and clients who would take all of it. */
@Timeout(180)
class DirectMemoryTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final int STREAMS_PER_CONNECTION = 1000;

    private final Flood flood = new Flood(64 * 1024, 64);
    private final AtomicInteger unread = new AtomicInteger();

    /** Until then no unread query is answered: all of them are let in while there is room. */
    private final CountDownLatch allAreOpen = new CountDownLatch(1);

    private final BlockingQueue<StreamObserver<byte[]>> neighbour = new ArrayBlockingQueue<>(1);

    private LightConnectServer server;
    private ProxyProcess proxy;
    private ManagedChannel client;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall(this::execute));
        proxy = ProxyProcess.start(
                Map.of("sparkconnect.proxy.servers", "127.0.0.1:" + server.port(), "sparkconnect.proxy.threads", "2"),
                List.of("-XX:MaxDirectMemorySize=64m"));
        client = NettyChannelBuilder.forAddress(proxy.address()).usePlaintext().build();
    }

    @AfterEach
    void stop() throws Exception {
        client.shutdownNow();
        proxy.close();
        server.close();
    }

    private void execute(byte[] request, StreamObserver<byte[]> out) {
        if (Grpc.sessionId(request).equals("neighbour")) {
            neighbour.add(out);
            return;
        }
        unread.incrementAndGet();
        try {
            if (!allAreOpen.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not all queries have come");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        flood.answer(out);
    }

    @Test
    void twoThousandUnreadQueriesDoNotTakeTheMemoryThatOthersNeed() throws Exception {
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("neighbour", "go"), rows);
        StreamObserver<byte[]> query = requireNonNull(neighbour.poll(20, TimeUnit.SECONDS));

        try (RawPeer first = RawPeer.client(proxy.address().getPort(), "000400100000");
                RawPeer second = RawPeer.client(proxy.address().getPort(), "000400100000")) {
            for (int i = 0; i < STREAMS_PER_CONNECTION; i++) {
                execute(first, 2 * i + 1);
                execute(second, 2 * i + 1);
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> unread.get() == 2 * STREAMS_PER_CONNECTION);
            allAreOpen.countDown();

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> proxy.log().stream().anyMatch(line -> line.contains("given up with")));
            for (int row = 1; row <= 200; row++) {
                query.onNext(new byte[32 * 1024]);
                rows.awaitCount(row);
            }
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () -> assertThat(config()).as("a new request").isEqualTo("hello"));
        }
        query.onCompleted();
        assertThat(rows.awaitCompleted()).hasSize(200);
        assertThat(proxy.log()).noneMatch(line -> line.contains("OutOf"));
    }

    private static void execute(RawPeer client, int streamId) {
        client.call(streamId, "ExecutePlan");
        client.data(streamId, Grpc.framed(Grpc.request("s" + streamId % 20, "go")), true);
    }

    private String config() {
        try {
            return new String(
                    ClientCalls.blockingUnaryCall(
                            client,
                            CONFIG,
                            CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                            Grpc.request("u", "hello")),
                    UTF_8);
        } catch (StatusRuntimeException e) {
            return e.toString();
        }
    }
}
