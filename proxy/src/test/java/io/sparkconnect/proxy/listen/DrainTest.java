/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.h2.AbuseLimits;
import io.sparkconnect.proxy.h2.ErrorCode;
import io.sparkconnect.proxy.h2.Frame;
import io.sparkconnect.proxy.relay.EngineLimits;
import io.sparkconnect.proxy.testkit.Collected;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.RawPeer;
import io.sparkconnect.proxy.testkit.RawPeer.Got;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DrainTest {
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final int DATA_BYTES = 16_000;

    private final BlockingQueue<StreamObserver<byte[]>> running = new ArrayBlockingQueue<>(1);
    private final Collected<byte[]> rows = new Collected<>();
    private LightConnectServer server;
    private RunningRelay relay;
    private StreamObserver<byte[]> query;

    @BeforeEach
    void startWithARunningQuery() throws Exception {
        server = LightConnectServer.start()
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall((request, out) -> {
                    out.onNext("first".getBytes(UTF_8));
                    running.add(out);
                }));
        relay = RunningRelay.with(StubRouter.to(server.backend()));
        ClientCalls.asyncServerStreamingCall(
                relay.newClient().newCall(EXECUTE, CallOptions.DEFAULT), Grpc.request("s", "go"), rows);
        rows.awaitCount(1);
        query = running.poll(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void letsARunningQueryEndAndTakesNoNewConnection() throws Exception {
        CompletableFuture<Boolean> drained = drain(Duration.ofSeconds(20));
        awaitNotListening();

        query.onNext("last".getBytes(UTF_8));
        query.onCompleted();

        assertThat(rows.awaitCompleted()).hasSize(2);
        assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void servesAStreamThatCrossesTheGoAway() throws Exception {
        try (RawPeer client = RawPeer.client(relay.port(), "")) {
            client.roundTrip();
            CompletableFuture<Boolean> drained = drain(Duration.ofSeconds(20));
            assertThat(client.next(Frame.GOAWAY).hex())
                    .as("no id is too high yet")
                    .isEqualTo("7fffffff00000000");
            long ping = Long.parseUnsignedLong(client.next(Frame.PING).hex(), 16);

            // The client had sent this before it read the GOAWAY.
            client.call(1, "ExecutePlan");
            client.data(1, message(), true);
            assertThat(client.nextHeaders().status()).hasToString("200");
            client.send(out -> Frame.writePing(out, ping, true));
            assertThat(client.next(Frame.GOAWAY).hex())
                    .as("the last id that counts")
                    .isEqualTo("0000000100000000");

            // It knows now: what it sends nevertheless is not looked at.
            client.call(3, "ExecutePlan");
            client.roundTrip();
            query.onCompleted();
            requireNonNull(running.poll(20, TimeUnit.SECONDS)).onCompleted();
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
            assertThat(client.next(RawPeer.END))
                    .as("closed behind the last stream")
                    .isNotNull();
            assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(running).isEmpty();
    }

    /** One query runs, and the client has read that it is the last stream that counts. */
    private CompletableFuture<Boolean> drainBehindOneQuery(RawPeer client) throws Exception {
        client.call(1, "ExecutePlan");
        client.data(1, message(), true);
        assertThat(client.nextHeaders().status()).hasToString("200");
        CompletableFuture<Boolean> drained = drain(Duration.ofSeconds(20));
        client.next(Frame.GOAWAY);
        long ping = Long.parseUnsignedLong(client.next(Frame.PING).hex(), 16);
        client.send(out -> Frame.writePing(out, ping, true));
        assertThat(client.next(Frame.GOAWAY).hex()).isEqualTo("0000000100000000");
        return drained;
    }

    /** What a client sends of streams above the last one that counts, it sent before it knew, or to take them back. */
    @Test
    void ignoresEveryFrameOfAStreamThatItWillNotServe() throws Exception {
        try (RawPeer client = RawPeer.client(relay.port(), "")) {
            CompletableFuture<Boolean> drained = drainBehindOneQuery(client);

            // More of them than resets are allowed: none was begun, so none costs anything.
            int unseen = AbuseLimits.forClients().maxResetsReceived() + 20;
            for (int id = 3; id < 3 + 2 * unseen; id += 2) {
                client.call(id, "ExecutePlan");
                client.reset(id, ErrorCode.CANCEL);
            }
            int next = 3 + 2 * unseen;
            client.call(next, "ExecutePlan");
            client.data(next, new byte[DATA_BYTES], false);
            client.send(out -> Frame.writeWindowUpdate(out, next, 1));
            client.reset(next, ErrorCode.CANCEL);
            client.roundTrip();

            query.onCompleted();
            requireNonNull(running.poll(20, TimeUnit.SECONDS)).onCompleted();
            assertThat(client.nextHeaders().get("grpc-status"))
                    .as("the query that runs meanwhile")
                    .hasToString("0");
            assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(running).as("streams that were begun").isEmpty();
    }

    /** What is ignored still counts for the connection's window, and is given back. */
    @Test
    void givesTheConnectionsCreditBackForDataThatItIgnores() throws Exception {
        try (RawPeer client = RawPeer.client(relay.port(), "")) {
            CompletableFuture<Boolean> drained = drainBehindOneQuery(client);

            int half = EngineLimits.defaults().connectionWindowBytes() / 2;
            for (int i = 0; i <= half / DATA_BYTES; i++) {
                client.call(3 + 2 * i, "ExecutePlan");
                client.data(3 + 2 * i, new byte[DATA_BYTES], false);
            }
            Got credit = client.next(Frame.WINDOW_UPDATE);
            assertThat(credit.streamId()).isZero();
            assertThat(Long.parseLong(credit.hex(), 16)).isGreaterThanOrEqualTo(half);

            query.onCompleted();
            requireNonNull(running.poll(20, TimeUnit.SECONDS)).onCompleted();
            assertThat(client.nextHeaders().get("grpc-status")).hasToString("0");
            assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static byte[] message() {
        return Grpc.framed(Grpc.request("s", "go"));
    }

    @Test
    void tellsAQueryThatDoesNotEndThatTheProxyIsUnavailable() throws Exception {
        CompletableFuture<Boolean> drained = drain(Duration.ofMillis(300));

        Status end = rows.awaitEnd();

        assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(end.getDescription()).isEqualTo("This proxy is stopping.");
        assertThat(drained.get(20, TimeUnit.SECONDS)).isFalse();
    }

    private CompletableFuture<Boolean> drain(Duration deadline) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return relay.listener.drain(deadline);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void awaitNotListening() {
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThatThrownBy(this::connectOnce).isInstanceOf(IOException.class));
    }

    private void connectOnce() throws IOException {
        new Socket(relay.address().getAddress(), relay.address().getPort()).close();
    }
}
