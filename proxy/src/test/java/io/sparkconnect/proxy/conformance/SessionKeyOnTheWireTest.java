/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.conformance;

import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static io.sparkconnect.proxy.route.RequestBytes.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Headers;
import io.sparkconnect.proxy.main.RunningProxy;
import io.sparkconnect.proxy.route.RequestBytes;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.RawPeer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests whose key is not where every known client writes it, through sockets and the whole proxy: the session is bound
 * under the key that protobuf would read, and the server gets each message as it was sent.
 */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionKeyOnTheWireTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> ADD = Grpc.method("AddArtifacts", CLIENT_STREAMING);
    private static final int FRAME_BYTES = 10_000;

    private final List<byte[]> received = new CopyOnWriteArrayList<>();
    private LightConnectServer server;
    private RunningProxy proxy;
    private ManagedChannel client;

    @BeforeAll
    void start() throws Exception {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    received.add(request);
                    out.onNext(new byte[0]);
                    out.onCompleted();
                }))
                .on("AddArtifacts", CLIENT_STREAMING, ServerCalls.asyncClientStreamingCall(this::collect));
        proxy = RunningProxy.inFrontOf(Map.of(), server.port());
        client = proxy.newClient();
    }

    @BeforeEach
    void forget() {
        received.clear();
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
        server.close();
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                request(
                        "session and user behind the plan",
                        (session, user) ->
                                message().bytes(3, new byte[10_000]).user(user).text(1, session)),
                request(
                        "the last session id wins",
                        (session, user) ->
                                message().text(1, "another").user(user).text(1, session)),
                request(
                        "the last user id wins",
                        (session, user) ->
                                message().text(1, session).user("another").user(user)),
                request(
                        "a user context without an id leaves the first one's",
                        (session, user) -> message()
                                .text(1, session)
                                .user(user)
                                .bytes(2, message().text(2, "name").toMessage())),
                request(
                        "unknown fields in between",
                        (session, user) -> message()
                                .number(77, 5)
                                .text(1, session)
                                .text(99, "x".repeat(300))
                                .user(user)),
                request(
                        "a plan of 300 kB behind both",
                        (session, user) -> message().text(1, session).user(user).bytes(3, new byte[300_000])));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void bindsByTheKeyThatProtobufReads(String name, Shape shape) throws Exception {
        assertBound(shape, "identity");
    }

    @ParameterizedTest
    @MethodSource("requests")
    void readsGzipFlaggedMessages(String name, Shape shape) throws Exception {
        assertBound(shape, "gzip");
    }

    @Test
    void readsAMessageThatComesInFramesOfOneByte() throws Exception {
        String session = UUID.randomUUID().toString();
        byte[] stream = bytes(message().text(1, session).user("anna").toStream());

        try (RawPeer peer = RawPeer.client(proxy.port(), "")) {
            peer.call(1, "Config");
            for (int i = 0; i < stream.length; i++) {
                peer.data(1, new byte[] {stream[i]}, i == stream.length - 1);
            }
            assertThat(status(peer)).isZero();
        }
        assertThat(proxy.sessions()).contains(session);
    }

    @Test
    void readsTheFirstMessageOfAnUploadAndPassesAllOfThem() throws Exception {
        String session = UUID.randomUUID().toString();
        List<byte[]> chunks = IntStream.range(0, 40)
                .mapToObj(i -> message()
                        .text(1, session)
                        .user("anna")
                        .bytes(4, new byte[32 * 1024 - i])
                        .toMessage())
                .toList();
        Collected<byte[]> answer = new Collected<>();

        ClientCall<byte[], byte[]> call = client.newCall(ADD, CallOptions.DEFAULT.withCompression("gzip"));
        ClientCallStreamObserver<byte[]> upload =
                (ClientCallStreamObserver<byte[]>) ClientCalls.asyncClientStreamingCall(call, answer);
        for (int i = 0; i < chunks.size(); i++) {
            upload.setMessageCompression(i % 2 == 0);
            upload.onNext(chunks.get(i));
        }
        upload.onCompleted();

        assertThat(answer.awaitCompleted()).hasSize(1);
        assertThat(received).containsExactlyElementsOf(chunks);
        assertThat(proxy.sessions()).contains(session);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("no message", Unpooled.EMPTY_BUFFER, 3),
                Arguments.of("half a prefix", Unpooled.wrappedBuffer(new byte[] {0, 0, 0}), 3),
                Arguments.of("no session", message().user("anna").toStream(), 3),
                Arguments.of(
                        "the session too late",
                        message().bytes(3, new byte[63_000]).text(1, "s").toStream(),
                        3),
                Arguments.of("what is no gzip", RequestBytes.stream(1, new byte[100]), 12),
                Arguments.of(
                        "gzip that breaks off",
                        RequestBytes.stream(
                                1,
                                Arrays.copyOf(
                                        RequestBytes.gzip(message()
                                                .text(1, "s")
                                                .bytes(3, noise())
                                                .toMessage()),
                                        30)),
                        3));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusesWhatNamesNoSession(String name, ByteBuf stream, int code) throws Exception {
        try (RawPeer peer = RawPeer.client(proxy.port(), "")) {
            peer.call(1, "AddArtifacts", "grpc-encoding", "gzip");
            for (int at = 0; at < stream.readableBytes(); at += FRAME_BYTES) {
                peer.data(
                        1, ByteBufUtil.getBytes(stream, at, Math.min(FRAME_BYTES, stream.readableBytes() - at)), false);
            }
            peer.data(1, new byte[0], true);
            assertThat(status(peer)).isEqualTo(code);
        }
        assertThat(received).isEmpty();
    }

    @Test
    void refusesALongRequestWhoseUserMayFollowWhenItsSessionHasAUser() {
        String session = UUID.randomUUID().toString();
        byte[] small = planThenUser(session, 10);

        call(small);
        StatusRuntimeException refusal = refusal(planThenUser(session, 100_000));

        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refusal.getStatus().getDescription())
                .contains(session, "user_context (field 2)", "Write session_id and user_context first.");
        assertThat(received).containsExactly(small);
    }

    @Test
    void refusesTheUserOfASessionThatALongRequestHasBegunWithoutOne() {
        String session = UUID.randomUUID().toString();
        byte[] plan = planThenUser(session, 100_000);

        call(plan);
        StatusRuntimeException refusal = refusal(planThenUser(session, 10));

        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refusal.getStatus().getDescription()).contains(session, "user_context (field 2)");
        assertThat(received).containsExactly(plan);
    }

    @Test
    void servesAClientWithoutAUserWhateverTheLengthOfItsPlans() {
        String session = UUID.randomUUID().toString();
        List<byte[]> requests = IntStream.of(100_000, 10, 200_000)
                .mapToObj(plan -> message()
                        .text(1, session)
                        .bytes(3, new byte[plan])
                        .text(4, "a client")
                        .toMessage())
                .toList();

        requests.forEach(this::call);

        assertThat(received).containsExactlyElementsOf(requests);
        assertThat(proxy.sessions().split(session, -1)).as("it is one session").hasSize(2);
    }

    /** No known client writes so. */
    private static byte[] planThenUser(String session, int plan) {
        return message().text(1, session).bytes(3, new byte[plan]).user("anna").toMessage();
    }

    private void call(byte[] request) {
        ClientCalls.blockingUnaryCall(client, CONFIG, CallOptions.DEFAULT, request);
    }

    private StatusRuntimeException refusal(byte[] request) {
        return catchThrowableOfType(StatusRuntimeException.class, () -> call(request));
    }

    /** A request of that session and user. */
    interface Shape {
        RequestBytes of(String session, String user);
    }

    private static Arguments request(String name, Shape shape) {
        return Arguments.of(name, shape);
    }

    private void assertBound(Shape shape, String encoding) throws Exception {
        String session = UUID.randomUUID().toString();
        String user = "user-" + UUID.randomUUID();
        byte[] request = shape.of(session, user).toMessage();

        ClientCalls.blockingUnaryCall(client, CONFIG, CallOptions.DEFAULT.withCompression(encoding), request);

        assertThat(received).singleElement().isEqualTo(request);
        assertThat(proxy.sessions()).contains(session, user).doesNotContain("another");
    }

    private static int status(RawPeer peer) throws InterruptedException {
        Http2Headers headers;
        do {
            headers = peer.nextHeaders();
        } while (!headers.contains("grpc-status"));
        return Integer.parseInt(String.valueOf(headers.get("grpc-status")));
    }

    private StreamObserver<byte[]> collect(StreamObserver<byte[]> response) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] chunk) {
                received.add(chunk);
            }

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {
                response.onNext(new byte[0]);
                response.onCompleted();
            }
        };
    }

    private static byte[] bytes(ByteBuf stream) {
        return ByteBufUtil.getBytes(stream);
    }

    private static byte[] noise() {
        byte[] noise = new byte[1000];
        new Random(3).nextBytes(noise);
        return noise;
    }
}
