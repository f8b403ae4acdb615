/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.metrics.StreamReport;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.StatusAnswer;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Echoing;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> ADD = Grpc.method("AddArtifacts", CLIENT_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> CHAT = Grpc.method("Chat", BIDI_STREAMING);

    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private LightConnectServer server;
    private StubRouter router;
    private RunningRelay relay;
    private Channel client;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall(Echoing::once))
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                    int count = Integer.parseInt(new String(Grpc.payload(request), UTF_8));
                    for (int i = 0; i < count; i++) {
                        out.onNext(("row " + i).getBytes(UTF_8));
                    }
                    out.onCompleted();
                }))
                .on("AddArtifacts", CLIENT_STREAMING, ServerCalls.asyncClientStreamingCall(Summing::new))
                .on("Chat", BIDI_STREAMING, ServerCalls.asyncBidiStreamingCall(Echoing::new));
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
    void relaysAUnaryCall() {
        byte[] answer = unary(Grpc.request("s1", "hello"));

        assertThat(answer).asString(UTF_8).isEqualTo("hello");
        assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(0));
    }

    @Test
    void relaysManyMessagesOfAServer() {
        Iterator<byte[]> rows = ClientCalls.blockingServerStreamingCall(
                client, EXECUTE, CallOptions.DEFAULT, Grpc.request("s1", "1000"));

        int count = 0;
        while (rows.hasNext()) {
            assertThat(rows.next()).asString(UTF_8).isEqualTo("row " + count);
            count++;
        }
        assertThat(count).isEqualTo(1000);
    }

    @Test
    void relaysManyMessagesOfAClient() {
        Collected<byte[]> answer = new Collected<>();
        StreamObserver<byte[]> upload =
                ClientCalls.asyncClientStreamingCall(client.newCall(ADD, CallOptions.DEFAULT), answer);

        for (int i = 0; i < 1000; i++) {
            upload.onNext(Grpc.request("s1", "x".repeat(100)));
        }
        upload.onCompleted();

        assertThat(answer.awaitCompleted()).hasSize(1).first().asString().isNotNull();
        assertThat(answer.values().get(0)).asString(UTF_8).isEqualTo("100000");
    }

    @Test
    void relaysAConversation() {
        Collected<byte[]> answers = new Collected<>();
        StreamObserver<byte[]> talk =
                ClientCalls.asyncBidiStreamingCall(client.newCall(CHAT, CallOptions.DEFAULT), answers);

        for (int i = 0; i < 20; i++) {
            talk.onNext(Grpc.request("s1", "turn " + i));
            answers.awaitCount(i + 1);
        }
        talk.onCompleted();

        assertThat(answers.awaitCompleted()).hasSize(20);
        assertThat(answers.values().get(19)).asString(UTF_8).isEqualTo("turn 19");
    }

    @Test
    void relaysTwentyMegabytesUnchangedBothWays() {
        byte[] payload = new byte[20 << 20];
        new Random(7).nextBytes(payload);

        byte[] answer = unary(Grpc.request("s1", "tester", payload));

        assertThat(Arrays.equals(answer, payload)).isTrue();
        await().until(() -> relay.watcher.reports.size() == 1);
        StreamReport report = relay.watcher.reports.remove();
        assertThat(report.bytesOut()).isEqualTo(payload.length + 5);
        assertThat(report.bytesIn()).isGreaterThan(payload.length);
        assertThat(report.reason()).isEqualTo("ok");
    }

    @Test
    void relaysMessagesOfManySizes() {
        for (int size : new int[] {0, 1, 100, 1000, 20_000, 70_000, 3_000_000}) {
            byte[] payload = new byte[size];
            new Random(size).nextBytes(payload);

            assertThat(Arrays.equals(unary(Grpc.request("s1", "tester", payload)), payload))
                    .as("%d bytes", size)
                    .isTrue();
        }
    }

    @Test
    void relaysManyCallsOfManyClientsAtOnce() {
        List<Collected<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Channel another = relay.newClient();
            for (int j = 0; j < 250; j++) {
                Collected<byte[]> answer = new Collected<>();
                ClientCalls.asyncUnaryCall(
                        another.newCall(CONFIG, CallOptions.DEFAULT),
                        Grpc.request("s" + i, "tester", new byte[10 + 37 * j]),
                        answer);
                answers.add(answer);
            }
        }
        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).awaitCompleted()).hasSize(1);
            assertThat(answers.get(i).values().get(0)).hasSize(10 + 37 * (i % 250));
        }
    }

    @Test
    void givesTheRoutersAnswersWithTheirDetails() throws Exception {
        StatusAnswer answer = new StatusAnswer(13, "as the router says", new byte[] {8, 13}, new byte[0]);
        try (RunningRelay answering =
                RunningRelay.with(new StubRouter(head -> new RoutingDecision.Answer(answer, "test")))) {
            client = answering.newClient();

            StatusRuntimeException refused =
                    catchThrowableOfType(StatusRuntimeException.class, () -> unary(Grpc.request("s1", "x")));

            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(refused.getStatus().getDescription()).isEqualTo("as the router says");
            assertThat(trailers(refused).get(DETAILS)).containsExactly(8, 13);
        }
    }

    @Test
    void givesTheRoutersMessages() throws Exception {
        StatusAnswer released = new StatusAnswer(0, "", new byte[0], new byte[] {1, 2, 3});
        try (RunningRelay answering =
                RunningRelay.with(new StubRouter(head -> new RoutingDecision.Answer(released, "released")))) {
            client = answering.newClient();

            assertThat(unary(Grpc.request("s1", "x"))).containsExactly(1, 2, 3);
        }
    }

    @Test
    void passesBigErrorDetailsOn() {
        byte[] sixKib = failWithDetails();

        StatusRuntimeException refused =
                catchThrowableOfType(StatusRuntimeException.class, () -> unary(Grpc.request("s1", "x")));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(refused.getStatus().getDescription()).isEqualTo("[BROKEN] 100 % — ü");
        assertThat(trailers(refused).get(DETAILS)).isEqualTo(sixKib);
        assertThat(router.outcomes).containsExactly(new StreamOutcome.Answered(13));
    }

    @Test
    void leavesDetailsOutThatTheClientWouldNotAccept() {
        failWithDetails();
        client = relay.newClient(8 * 1024);

        StatusRuntimeException refused =
                catchThrowableOfType(StatusRuntimeException.class, () -> unary(Grpc.request("s1", "x")));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(refused.getStatus().getDescription()).isEqualTo("[BROKEN] 100 % — ü");
        assertThat(trailers(refused).get(DETAILS)).isNull();
    }

    private byte[] failWithDetails() {
        byte[] sixKib = new byte[6 * 1024];
        new Random(3).nextBytes(sixKib);
        server.on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            Metadata trailers = new Metadata();
            trailers.put(DETAILS, sixKib);
            out.onError(Status.INTERNAL.withDescription("[BROKEN] 100 % — ü").asRuntimeException(trailers));
        }));
        return sixKib;
    }

    private static Metadata trailers(StatusRuntimeException refused) {
        return requireNonNull(refused.getTrailers());
    }

    @Test
    void refusesARequestWithoutSessionIdAsTheRouterSays() {
        StatusRuntimeException refused =
                catchThrowableOfType(StatusRuntimeException.class, () -> unary(new byte[] {0x12, 0, 0x1a, 0}));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).isEqualTo("no session_id");
        assertThat(relay.watcher.serversEver).hasValue(0);
    }

    @Test
    void refusesAnEmptyRequestStream() {
        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, () -> unary(new byte[0]));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void letsTheRouterDecideAboutOtherServices() {
        MethodDescriptor<byte[], byte[]> health = Grpc.method("grpc.health.v1.Health", "Check", UNARY);

        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(client, health, CallOptions.DEFAULT, new byte[10]));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(refused.getStatus().getDescription()).contains("no session");
    }

    @Test
    void passesTheDeadlineOn() {
        server.on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
            out.onNext(Long.toString(io.grpc.Context.current().getDeadline().timeRemaining(TimeUnit.SECONDS))
                    .getBytes(UTF_8));
            out.onCompleted();
        }));

        byte[] seconds = ClientCalls.blockingUnaryCall(
                client, CONFIG, CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.SECONDS), Grpc.request("s", "x"));

        assertThat(Integer.parseInt(new String(seconds, UTF_8))).isBetween(60, 100);
    }

    @Test
    void connectsOnceForAllClientsOfALoop() {
        for (int i = 0; i < 5; i++) {
            ClientCalls.blockingUnaryCall(relay.newClient(), CONFIG, CallOptions.DEFAULT, Grpc.request("s" + i, "x"));
        }

        assertThat(relay.watcher.serversEver).hasValue(1);
    }

    private byte[] unary(byte[] request) {
        return ClientCalls.blockingUnaryCall(client, CONFIG, CallOptions.DEFAULT, request);
    }

    /** Answers with the number of payload bytes that came. */
    private static final class Summing implements StreamObserver<byte[]> {
        private final StreamObserver<byte[]> out;
        private long sum;

        private Summing(StreamObserver<byte[]> out) {
            this.out = out;
        }

        @Override
        public void onNext(byte[] request) {
            sum += Grpc.payload(request).length;
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
            out.onNext(Long.toString(sum).getBytes(UTF_8));
            out.onCompleted();
        }
    }
}
