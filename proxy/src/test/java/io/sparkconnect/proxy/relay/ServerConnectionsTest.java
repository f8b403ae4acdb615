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
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.pool.PoolLimits;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.StreamOutcome;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the engine treats its connections to servers. */
@Timeout(90)
class ServerConnectionsTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> ADD = Grpc.method("AddArtifacts", CLIENT_STREAMING);
    private static final Duration HOUR = Duration.ofHours(1);

    private final Queue<StreamObserver<byte[]>> running = new ConcurrentLinkedQueue<>();
    private final AtomicInteger begun = new AtomicInteger();

    @Test
    void aConnectionWhoseStreamIdsRunOutIsReplaced() throws Exception {
        try (LightConnectServer server = server(builderLimit(Integer.MAX_VALUE));
                RunningRelay relay = new RunningRelay(
                        StubRouter.to(server.backend()),
                        new Limits().withStreamsPerServerConnection(3).build(),
                        RunningRelay.POOL,
                        1)) {
            Channel client = relay.newClient();
            for (int i = 0; i < 10; i++) {
                assertThat(config(client)).asString(UTF_8).isEqualTo("hello");
            }

            assertThat(relay.watcher.serversEver).hasValue(4);
            await().untilAsserted(() -> assertThat(relay.watcher.servers)
                    .as("retired ones are closed")
                    .hasValue(1));
        }
    }

    @Test
    void aServersLimitOfStreamsIsKeptAndTheRestWaits() throws Exception {
        try (LightConnectServer server = server(builderLimit(2));
                RunningRelay relay = new RunningRelay(
                        StubRouter.to(server.backend()),
                        EngineLimits.defaults(),
                        pool(2, 1000, Duration.ofSeconds(60)),
                        1)) {
            List<Collected<byte[]>> queries = new ArrayList<>();
            Channel client = relay.newClient();
            for (int i = 0; i < 6; i++) {
                queries.add(query(client));
            }
            // Two connections of two streams each.
            await().until(() -> begun.get() == 4);
            assertThat(relay.watcher.serversEver).hasValue(2);

            for (int ended = 0; ended < 6; ended++) {
                int atLeast = Math.min(6, 4 + ended);
                await().until(() -> begun.get() >= atLeast);
                assertThat(begun.get() - ended).isLessThanOrEqualTo(4);
                StreamObserver<byte[]> next = await().until(running::poll, query -> query != null);
                next.onCompleted();
            }

            queries.forEach(Collected::awaitCompleted);
            assertThat(relay.watcher.serversEver)
                    .as("no reset, no third connection")
                    .hasValue(2);
        }
    }

    @Test
    void whoWaitsTooLongForRoomIsToldSo() throws Exception {
        try (LightConnectServer server = server(builderLimit(1))) {
            StubRouter router = StubRouter.to(server.backend());
            try (RunningRelay relay =
                    new RunningRelay(router, EngineLimits.defaults(), pool(1, 1000, Duration.ofMillis(300)), 1)) {
                Channel client = relay.newClient();
                query(client);
                await().until(() -> begun.get() == 1);

                Status told = query(client).awaitEnd();

                assertThat(told.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(told.getDescription())
                        .contains(
                                "takes no further request now", server.backend().serverId(), "within 300 ms");
                assertThat(router.outcomes)
                        .as("the server is not to be suspected")
                        .containsExactly(new StreamOutcome.NotSent("no connection with room within 300 ms"));
                await().untilAsserted(() -> assertThat(relay.watcher.reports)
                        .anySatisfy(report -> assertThat(report.reason()).isEqualTo("server-full")));
            }
        }
    }

    @Test
    void notMoreThanSoManyWaitForRoom() throws Exception {
        try (LightConnectServer server = server(builderLimit(1));
                RunningRelay relay = new RunningRelay(
                        StubRouter.to(server.backend()),
                        EngineLimits.defaults(),
                        pool(1, 1, Duration.ofSeconds(60)),
                        1)) {
            Channel client = relay.newClient();
            query(client);
            await().until(() -> begun.get() == 1);

            Collected<byte[]> waiting = query(client);
            Status told = query(client).awaitEnd();

            assertThat(told.getDescription()).contains("too many requests wait for a connection (1)");
            await().until(running::poll, query -> query != null).onCompleted();
            await().until(running::poll, query -> query != null).onCompleted();
            waiting.awaitCompleted();
        }
    }

    @Test
    void aServerThatCannotBeReachedIsNotTriedAgainAtOnce() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            AtomicInteger accepted = new AtomicInteger();
            Thread closing = new Thread(() -> acceptAndClose(listening, accepted));
            closing.start();
            PoolLimits patient = new PoolLimits(4, 1000, Duration.ofSeconds(5), HOUR, HOUR, HOUR);
            try (RunningRelay relay = new RunningRelay(
                    StubRouter.to(new Backend("closing", "i", "127.0.0.1", listening.getLocalPort())),
                    EngineLimits.defaults(),
                    patient,
                    1)) {
                Channel client = relay.newClient();
                for (int i = 0; i < 50; i++) {
                    StatusRuntimeException refused =
                            catchThrowableOfType(StatusRuntimeException.class, () -> config(client));
                    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    assertThat(refused.getStatus().getDescription())
                            .contains("Cannot connect to Spark Connect server closing");
                }
            }
            assertThat(accepted).hasValue(1);
            listening.close();
            closing.join();
        }
    }

    @Test
    void anUnusedConnectionIsClosedAndAUsedOneIsNot() throws Exception {
        try (LightConnectServer server = server(builderLimit(Integer.MAX_VALUE));
                RunningRelay relay = new RunningRelay(
                        StubRouter.to(server.backend()),
                        EngineLimits.defaults(),
                        new PoolLimits(
                                4, 1000, Duration.ofSeconds(5), Duration.ofMillis(200), Duration.ofMillis(1), HOUR),
                        1)) {
            Channel client = relay.newClient();
            Collected<byte[]> query = query(client);
            config(client);
            assertThat(relay.watcher.serversEver).as("a lane each").hasValue(2);

            await().untilAsserted(() -> assertThat(relay.watcher.servers).hasValue(1));

            await().until(running::poll, stream -> stream != null).onCompleted();
            query.awaitCompleted();
            await().untilAsserted(() -> assertThat(relay.watcher.servers).hasValue(0));
        }
    }

    @Test
    void aServerThatAnswersNoPingIsLost() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            StubRouter router = StubRouter.to(new Backend("mute", "i", "127.0.0.1", listening.getLocalPort()));
            try (RunningRelay relay =
                    new RunningRelay(router, Limits.pingInterval(Duration.ofMillis(200)), RunningRelay.POOL, 1)) {
                Collected<byte[]> query = query(relay.newClient());
                try (RawPeer mute = RawPeer.accept(listening, "")) {
                    assertThat(mute.next(Frame.PING).flags()).isZero();

                    Status told = query.awaitEnd();

                    assertThat(told.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    assertThat(told.getDescription()).contains("no answer to a PING within");
                    assertThat(router.outcomes).hasSize(1).first().isInstanceOf(StreamOutcome.ConnectionLost.class);
                    assertThat(mute.next(Frame.GOAWAY).length()).isEqualTo(8);
                }
            }
        }
    }

    @Test
    void aSmallCallDoesNotWaitBehindAConnectionThatTheServerDoesNotRead() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                RunningRelay relay = RunningRelay.with(
                        StubRouter.to(new Backend("raw", "i", "127.0.0.1", listening.getLocalPort())))) {
            Channel client = relay.newClient();
            ClientCall<byte[], byte[]> upload = client.newCall(ADD, CallOptions.DEFAULT);
            upload.start(new ClientCall.Listener<>() {}, new Metadata());
            byte[] chunk = Grpc.request("s", "tester", new byte[64 * 1024]);
            upload.sendMessage(chunk);
            try (Socket bulk = listening.accept()) {
                // Greets, opens its windows wide, and reads nothing: the upload fills every buffer on the way.
                bulk.getOutputStream()
                        .write(io.netty.buffer.ByteBufUtil.decodeHexDump(
                                "000006040000000000" + "00047fffffff" + "000004080000000000" + "7fff0000"));
                for (int i = 0; i < 400; i++) {
                    upload.sendMessage(chunk);
                }
                await().until(() -> relay.engine.bufferedBytes() > 500_000);

                var answer = new Collected<byte[]>();
                ClientCalls.asyncUnaryCall(
                        client.newCall(CONFIG, CallOptions.DEFAULT), Grpc.request("s", "hello"), answer);
                try (RawPeer control = RawPeer.accept(listening, "")) {
                    control.readToEnd(1);
                    control.headers(1, false, ":status", "200", "content-type", "application/grpc");
                    control.data(1, new byte[5], false);
                    control.headers(1, true, "grpc-status", "0");

                    assertThat(answer.awaitCompleted()).hasSize(1);
                }
            }
            upload.cancel("enough", null);
        }
    }

    private static java.util.function.UnaryOperator<io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder> builderLimit(
            int streams) {
        return builder -> builder.maxConcurrentCallsPerConnection(streams);
    }

    private LightConnectServer server(
            java.util.function.UnaryOperator<io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder> tuning)
            throws IOException {
        return LightConnectServer.start(0, tuning)
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    out.onNext(Grpc.payload(request));
                    out.onCompleted();
                }))
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                    out.onNext("first".getBytes(UTF_8));
                    running.add(out);
                    begun.incrementAndGet();
                }));
    }

    private static PoolLimits pool(int connections, int waiting, Duration waitTimeout) {
        return new PoolLimits(connections, waiting, waitTimeout, HOUR, Duration.ofMillis(1), Duration.ofMillis(10));
    }

    private static Collected<byte[]> query(Channel client) {
        Collected<byte[]> rows = new Collected<>();
        ClientCalls.asyncServerStreamingCall(
                client.newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
        return rows;
    }

    private static byte[] config(Channel client) {
        return ClientCalls.blockingUnaryCall(
                client,
                CONFIG,
                CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                Grpc.request("s", "hello"));
    }

    private static void acceptAndClose(ServerSocket listening, AtomicInteger accepted) {
        while (true) {
            try (Socket socket = listening.accept()) {
                accepted.incrementAndGet();
                socket.setSoLinger(true, 0);
            } catch (IOException e) {
                return;
            }
        }
    }
}
