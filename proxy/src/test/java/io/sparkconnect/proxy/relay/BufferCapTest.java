/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.h2.Limit;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Flood;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.SlowReader;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When as many bytes wait in the proxy as may, new work has to come later, and what runs goes on. */
@Timeout(90)
class BufferCapTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> INTERRUPT = Grpc.method("Interrupt", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> CHAT = Grpc.method("Chat", BIDI_STREAMING);
    private static final int WINDOW = 1 << 20;
    private static final int CAP = 16 << 20;

    private final Flood flood = new Flood(64 * 1024, 64);
    private final List<SlowReader> unread = new ArrayList<>();
    private LightConnectServer server;
    private RunningRelay relay;
    private Channel lazy;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on("Interrupt", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on(
                        "ExecutePlan",
                        SERVER_STREAMING,
                        ServerCalls.asyncServerStreamingCall((request, out) -> flood.answer(out)))
                .on("Chat", BIDI_STREAMING, ServerCalls.asyncBidiStreamingCall(Echoing::new));
        relay = new RunningRelay(
                StubRouter.to(server.backend()),
                new Limits()
                        .withBufferedBytes(CAP)
                        .withUnreadTime(Duration.ofHours(1))
                        .build(),
                RunningRelay.POOL,
                2);
        lazy = relay.newClientWithWindow(WINDOW);
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void newRequestsAreToldToComeLaterAndRunningOnesGoOn() {
        Collected<byte[]> answers = new Collected<>();
        StreamObserver<byte[]> talk =
                ClientCalls.asyncBidiStreamingCall(relay.newClient().newCall(CHAT, CallOptions.DEFAULT), answers);
        talk.onNext(Grpc.request("other", "before"));
        answers.awaitCount(1);

        fillUp();

        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, () -> call(lazy, CONFIG));
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(refused.getStatus().getDescription()).contains("sparkconnect.proxy.buffer.max.mib");
        assertThat(relay.counters.hits(Limit.BUFFERED_BYTES)).isEqualTo(1);
        assertThat(call(lazy, INTERRUPT)).as("what ends work is let through").isEqualTo("hello");
        talk.onNext(Grpc.request("other", "during"));
        answers.awaitCount(2);
        talk.onCompleted();
        assertThat(answers.awaitCompleted()).hasSize(2);

        unread.forEach(SlowReader::readAll);
        for (SlowReader reader : unread) {
            assertThat(reader.awaitEnd().isOk()).isTrue();
            assertThat(reader.wrongMessages()).isZero();
        }
        assertThat(call(lazy, CONFIG)).as("it recovers by itself").isEqualTo("hello");
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    @Test
    void newConnectionsWaitAndAreServedLater() throws Exception {
        fillUp();

        try (RawPeer waiting = RawPeer.client(relay.address().getPort(), "")) {
            await().untilAsserted(() -> assertThat(relay.watcher.heldBack).hasValue(1));
            assertThat(waiting.poll(300)).as("it is not read").isNull();

            unread.forEach(SlowReader::cancel);

            waiting.next(Frame.SETTINGS);
            waiting.roundTrip();
        }
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    /**
     * Each unread stream keeps half a window to a whole one: one after the other, so that together they are not too much at
     * once.
     */
    private void fillUp() {
        while (relay.engine.hasRoom()) {
            assertThat(unread).hasSizeLessThan(CAP >> 18);
            long before = relay.engine.bufferedBytes();
            unread.add(new SlowReader(
                    lazy,
                    EXECUTE,
                    Grpc.request("s" + unread.size(), "go"),
                    message -> Arrays.equals(message, flood.chunk())));
            await().until(() -> !relay.engine.hasRoom() || relay.engine.bufferedBytes() >= before + WINDOW / 3);
        }
        assertThat(relay.engine.bufferedBytes()).isBetween((long) CAP, CAP + CAP / 4L);
        assertThat(relay.counters.hits(Limit.UNREAD_BYTES)).isZero();
    }

    private static String call(Channel channel, MethodDescriptor<byte[], byte[]> method) {
        return new String(
                ClientCalls.blockingUnaryCall(
                        channel,
                        method,
                        CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                        Grpc.request("u", "hello")),
                UTF_8);
    }
}
