/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.abuse;

import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LeakWatch;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.Limits;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.ServerLog;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changed and random frames from a client and from a server, through a running engine. No exception is our own mistake, no
 * buffer leaks, every stream ends, nothing stays kept, and the neighbour is always served.
 *
 * <p>Replay: {@code -Dsparkconnect.fuzz.seed=SEED}.
 */
@Timeout(120)
class FuzzTest {
    private static final Logger LOG = LoggerFactory.getLogger(FuzzTest.class);
    private static final long SEED = Long.getLong("sparkconnect.fuzz.seed", System.nanoTime());
    private static final int CLIENT_ROUNDS = 250;
    private static final int SERVER_ROUNDS = 300;
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);

    private final ServerLog log = new ServerLog();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private ServerSocket listening;
    private LightConnectServer good;
    private RunningRelay relay;
    private Neighbour neighbour;

    @BeforeEach
    void start() throws Exception {
        LOG.info("seed {}: replay with -Dsparkconnect.fuzz.seed={}", SEED, SEED);
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        good = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    out.onNext(request);
                    out.onCompleted();
                }))
                .on("AddArtifacts", CLIENT_STREAMING, ServerCalls.asyncClientStreamingCall(FuzzTest::swallow));
        Backend fuzzed = new Backend("fuzzed", "i", "127.0.0.1", listening.getLocalPort());
        StubRouter router = new StubRouter(head -> new RoutingDecision.Forward(
                head.session().sessionId().equals("fuzzed") ? fuzzed : good.backend(), head.session()));
        relay = new RunningRelay(router, Limits.requestHeadTimeout(Duration.ofMillis(300)), RunningRelay.POOL, 1);
        neighbour = new Neighbour(relay.newClient(), "good");
    }

    @AfterEach
    void everythingEndsWell() throws Exception {
        neighbour.awaitServed();
        neighbour.close();
        await().untilAsserted(() -> {
            assertThat(relay.watcher.openStreams)
                    .as("open streams, seed %d", SEED)
                    .hasValue(0);
            assertThat(relay.watcher.held).as("held streams, seed %d", SEED).hasValue(0);
        });
        assertThat(relay.engine.bufferedBytes()).as("kept bytes, seed %d", SEED).isZero();
        relay.close();
        good.close();
        listening.close();
        log.assertNoMistakes();
        log.close();
        LeakWatch.assertNoLeaks();
    }

    @Test
    void survivesClientsThatSendAnything() throws Exception {
        int answered = 0;
        for (int round = 0; round < CLIENT_ROUNDS; round++) {
            byte[] bytes = new FuzzedFrames(random.split()).clientConversation("good");
            answered += talk(bytes) ? 1 : 0;
            if (round % 50 == 0) {
                neighbour.awaitServed();
            }
        }

        // Many conversations must come as far as an answer, else only the first frames were tried.
        assertThat(answered).as("rounds with an answer, seed %d", SEED).isGreaterThan(CLIENT_ROUNDS / 5);
        await().untilAsserted(() -> assertThat(relay.watcher.clients).hasValue(1));
    }

    @Test
    void survivesServersThatSendAnything() throws Exception {
        Thread server = new Thread(this::serve, "fuzzed-server");
        server.setDaemon(true);
        server.start();
        ManagedChannel client = relay.newClient();
        AtomicInteger ok = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        Semaphore running = new Semaphore(16);
        for (int round = 0; round < SERVER_ROUNDS; round++) {
            assertThat(running.tryAcquire(30, TimeUnit.SECONDS))
                    .as("seed %d", SEED)
                    .isTrue();
            ClientCalls.asyncUnaryCall(
                    client.newCall(CONFIG, CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.SECONDS)),
                    Grpc.request("fuzzed", "round " + round),
                    onEnd(status -> {
                        ok.addAndGet(status.isOk() ? 1 : 0);
                        ended.incrementAndGet();
                        running.release();
                    }));
        }

        await().untilAsserted(() -> assertThat(ended).as("seed %d", SEED).hasValue(SERVER_ROUNDS));
        assertThat(ok.get()).as("calls answered with OK, seed %d", SEED).isGreaterThan(SERVER_ROUNDS / 20);
    }

    /** Returns whether the proxy answered with HEADERS. */
    private boolean talk(byte[] bytes) throws IOException {
        boolean headers = false;
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), relay.address().getPort()));
            socket.setSoTimeout(40);
            socket.getOutputStream().write(PREFACE);
            int at = 0;
            while (at < bytes.length) {
                int part = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 10 : 500));
                socket.getOutputStream().write(bytes, at, part);
                at += part;
            }
            InputStream in = socket.getInputStream();
            byte[] header = in.readNBytes(9);
            while (header.length == 9) {
                headers |= header[3] == 1;
                in.readNBytes((header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff));
                header = in.readNBytes(9);
            }
        } catch (SocketTimeoutException | SocketException e) {
            LOG.trace("the conversation is over", e);
        }
        return headers;
    }

    private void serve() {
        SplittableRandom deeds = random.split();
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                SplittableRandom ofThisOne = deeds.split();
                Thread conversation = new Thread(() -> answerCalls(socket, ofThisOne), "fuzzed-conversation");
                conversation.setDaemon(true);
                conversation.start();
            } catch (IOException e) {
                LOG.trace("the test is over", e);
            }
        }
    }

    private static void answerCalls(Socket accepted, SplittableRandom deeds) {
        try (Socket socket = accepted) {
            socket.setSoTimeout(1000);
            socket.getOutputStream().write(EMPTY_SETTINGS);
            InputStream in = socket.getInputStream();
            in.readNBytes(PREFACE.length);
            FuzzedFrames frames = new FuzzedFrames(deeds);
            byte[] header = in.readNBytes(9);
            while (header.length == 9) {
                in.readNBytes((header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff));
                if (header[3] == 1) {
                    socket.getOutputStream()
                            .write(frames.answer(ByteBuffer.wrap(header).getInt(5)));
                }
                header = in.readNBytes(9);
            }
        } catch (IOException e) {
            LOG.trace("the proxy has enough", e);
        }
    }

    private static StreamObserver<byte[]> onEnd(java.util.function.Consumer<Status> end) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] value) {}

            @Override
            public void onError(Throwable cause) {
                end.accept(Status.fromThrowable(cause));
            }

            @Override
            public void onCompleted() {
                end.accept(Status.OK);
            }
        };
    }

    private static StreamObserver<byte[]> swallow(StreamObserver<byte[]> response) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] chunk) {}

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {
                response.onNext(new byte[0]);
                response.onCompleted();
            }
        };
    }
}
