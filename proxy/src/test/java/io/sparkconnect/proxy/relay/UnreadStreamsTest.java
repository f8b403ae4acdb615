/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.sparkconnect.proxy.h2.FlowWindow;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Flood;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.LogLines;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.SlowReader;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However many streams were open before anybody saw that nobody reads them: the memory is bounded, and the others are served. */
@Timeout(120)
class UnreadStreamsTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> CHAT = Grpc.method("Chat", BIDI_STREAMING);
    private static final int MIB = 1 << 20;
    private static final int CAP = 32 * MIB;
    private static final int STREAMS_PER_CLIENT = 250;

    /** A socket that takes nothing holds so much before its streams have to wait. */
    private static final int SOCKET_BYTES = 512 * 1024;

    /** Of all direct memory a quarter may be kept by default: the rest is for what the allocator rounds up, and what is on its way. */
    private static final int DIRECT_MEMORY = 4 * CAP;

    private final Flood flood = new Flood(64 * 1024, 64);

    /** Until then no server answers. */
    private final CountDownLatch allAreOpen = new CountDownLatch(1);

    private LightConnectServer server;
    private RunningRelay relay;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on("Chat", BIDI_STREAMING, ServerCalls.asyncBidiStreamingCall(Echoing::new))
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                    awaitAllOpen();
                    flood.answer(out);
                }));
        relay = new RunningRelay(
                StubRouter.to(server.backend()),
                new Limits().withBufferedBytes(CAP).build(),
                RunningRelay.POOL,
                2);
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void theMemoryOfStreamsThatAreOpenAlreadyIsBounded() throws Exception {
        long before = allocated();
        Collected<byte[]> answers = new Collected<>();
        StreamObserver<byte[]> talk =
                ClientCalls.asyncBidiStreamingCall(relay.newClient().newCall(CHAT, CallOptions.DEFAULT), answers);
        talk.onNext(Grpc.request("neighbour", "before"));
        answers.awaitCount(1);

        long most = 0;
        try (LogLines log = new LogLines(FailureLog.class.getName());
                RawPeer first = RawPeer.client(relay.port(), "");
                RawPeer second = RawPeer.client(relay.port(), "")) {
            for (int i = 0; i < STREAMS_PER_CLIENT; i++) {
                // Neither gives back any window: each stream has 1 MiB coming, 500 MiB together.
                execute(first, 2 * i + 1);
                execute(second, 2 * i + 1);
            }
            await().untilAsserted(() -> assertThat(relay.watcher.openStreams).hasValue(1 + 2 * STREAMS_PER_CLIENT));
            allAreOpen.countDown();
            int said = 1;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
            while (System.nanoTime() < end) {
                most = Math.max(most, allocated());
                talk.onNext(Grpc.request("neighbour", "during"));
                answers.awaitCount(++said);
            }

            assertThat(relay.counters.hits(Limit.UNREAD_BYTES)).isPositive();
            assertThat(log.lines()).anyMatch(line -> line.contains("given up with"));
            assertThat(most - before).as("bytes of the allocator").isLessThan(DIRECT_MEMORY);
            await().untilAsserted(() -> assertThat(config()).as("a new request").isEqualTo("hello"));
        }
        talk.onCompleted();
        answers.awaitCompleted();
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    @Test
    void whoeverDoesNotReadIsToldSoAndWhoeverDoesGetsAll() {
        allAreOpen.countDown();
        SlowReader[] unread = new SlowReader[2 * CAP / MIB];
        for (int i = 0; i < unread.length; i++) {
            unread[i] = new SlowReader(
                    relay.newClientWithWindow(MIB), EXECUTE, Grpc.request("s" + i, "go"), message -> true);
        }
        await().untilAsserted(() ->
                assertThat(relay.counters.hits(Limit.UNREAD_BYTES)).isPositive());
        await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(30)).until(() -> relay.engine.hasRoom());

        SlowReader reader = new SlowReader(
                relay.newClient(),
                EXECUTE,
                Grpc.request("reads", "go"),
                message -> Arrays.equals(message, flood.chunk()));
        reader.readAll();
        assertThat(reader.awaitEnd().isOk()).isTrue();
        assertThat(reader.messages()).isEqualTo(64);
        assertThat(reader.wrongMessages()).isZero();

        int givenUp = 0;
        for (SlowReader lazy : unread) {
            lazy.readAll();
            Status end = lazy.awaitEnd();
            if (!end.isOk()) {
                assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(end.getDescription()).contains("sparkconnect.proxy.buffer.max.mib");
                givenUp += String.valueOf(end.getDescription()).contains("given up") ? 1 : 0;
            }
        }
        assertThat(givenUp).as("of %d", unread.length).isBetween(1, unread.length - 16);
        assertThat(relay.counters.hits(Limit.UNREAD_BYTES)).isGreaterThanOrEqualTo(givenUp);
    }

    /** Their streams may be over for us: all they said waits for the sockets. */
    @Test
    void clientsThatDoNotReadTheirSocketsAreCutWhenTheyHoldAllThatMayBeKept() throws Exception {
        allAreOpen.countDown();
        LogLines log = new LogLines(FailureLog.class.getName());
        List<RawPeer> deaf = new ArrayList<>();
        for (int i = 0; i < CAP / SOCKET_BYTES * 5 / 4; i++) {
            // Windows without end, so that only the socket holds anything up.
            RawPeer client = RawPeer.deafClient(relay.port(), "00047fffffff");
            deaf.add(client);
            client.send(out -> Frame.writeWindowUpdate(out, 0, FlowWindow.MAX - FlowWindow.DEFAULT));
            execute(client, 1);
            execute(client, 3);
        }

        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() -> assertThat(log.lines()).anyMatch(line -> line.contains("limit UNREAD_BYTES: ")));
        log.close();
        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() -> assertThat(config()).isEqualTo("hello"));
        for (RawPeer client : deaf) {
            client.close();
        }
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    private void awaitAllOpen() {
        try {
            if (!allAreOpen.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not all streams were opened");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void execute(RawPeer client, int streamId) {
        client.call(streamId, "ExecutePlan");
        client.data(streamId, Grpc.framed(Grpc.request("s" + streamId, "go")), true);
    }

    private String config() {
        try {
            return new String(
                    ClientCalls.blockingUnaryCall(
                            relay.newClient(),
                            CONFIG,
                            CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                            Grpc.request("u", "hello")),
                    UTF_8);
        } catch (StatusRuntimeException e) {
            return e.toString();
        }
    }

    /** Of the allocator of the proxy; clients and servers of the test are of a gRPC library with its own. */
    private static long allocated() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }
}
