/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.sparkconnect.proxy.testkit.Grpc;
import io.sparkconnect.proxy.testkit.LightConnectServer;
import io.sparkconnect.proxy.testkit.RunningRelay;
import io.sparkconnect.proxy.testkit.StubRouter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More bytes than fit anywhere, and every one of them in its place. */
@Timeout(120)
class BigStreamsTest {
    private static final MethodDescriptor<byte[], byte[]> CONFIG = Grpc.method("Config", UNARY);
    private static final MethodDescriptor<byte[], byte[]> EXECUTE = Grpc.method("ExecutePlan", SERVER_STREAMING);
    private static final MethodDescriptor<byte[], byte[]> ADD = Grpc.method("AddArtifacts", CLIENT_STREAMING);
    private static final int CHUNK = 256 * 1024;
    private static final int MIB = 1 << 20;
    private static final int DOWNLOADS = 6;
    private static final int UPLOADS = 2;
    private static final int CHUNKS_PER_STREAM = 128 * MIB / CHUNK;

    private LightConnectServer server;
    private RunningRelay relay;

    @BeforeEach
    void start() throws Exception {
        server = LightConnectServer.start(0, builder -> builder.maxInboundMessageSize(129 * MIB))
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    out.onNext(request);
                    out.onCompleted();
                }))
                .on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall(BigStreamsTest::download))
                .on("AddArtifacts", CLIENT_STREAMING, ServerCalls.asyncClientStreamingCall(Checking::new));
        relay = RunningRelay.with(StubRouter.to(server.backend()));
    }

    @AfterEach
    void stop() throws Exception {
        relay.close();
        server.close();
    }

    @Test
    void aGibibyteOverSlowAndFastStreamsArrivesByteForByte() throws Exception {
        ManagedChannel shared = relay.newClient();
        List<Reader> readers = new ArrayList<>();
        for (int i = 0; i < DOWNLOADS; i++) {
            // Two have a connection of their own; one in three takes its time over every message.
            Reader reader = new Reader(i, i < 2 ? relay.newClient() : shared, i % 3 == 0);
            readers.add(reader);
        }
        List<CompletableFuture<byte[]>> uploads = new ArrayList<>();
        for (int i = 0; i < UPLOADS; i++) {
            uploads.add(upload(DOWNLOADS + i, i == 0 ? shared : relay.newClient()));
        }

        for (Reader reader : readers) {
            assertThat(reader.end.get(100, TimeUnit.SECONDS).isOk()).isTrue();
            assertThat(reader.checksum.getValue()).isEqualTo(checksumOf(reader.stream));
            assertThat(reader.bytes).isEqualTo((long) CHUNKS_PER_STREAM * CHUNK);
        }
        for (int i = 0; i < UPLOADS; i++) {
            assertThat(ByteBuffer.wrap(uploads.get(i).get(100, TimeUnit.SECONDS))
                            .getLong())
                    .isEqualTo(checksumOf(DOWNLOADS + i));
        }
        assertThat((long) (DOWNLOADS + UPLOADS) * CHUNKS_PER_STREAM * CHUNK).isEqualTo(1L << 30);
        await().untilAsserted(() -> assertThat(relay.engine.bufferedBytes()).isZero());
    }

    @Test
    void aMessageOf128MebibytesPassesBothWays() {
        byte[] message = new byte[128 * MIB];
        new Random(5).nextBytes(message);
        // Field 1, the session id, in front.
        System.arraycopy(new byte[] {0x0a, 1, 's', 0x1a}, 0, message, 0, 4);

        byte[] answer = ClientCalls.blockingUnaryCall(
                relay.newClient(), CONFIG, CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.SECONDS), message);

        assertThat(java.util.Arrays.equals(answer, message)).isTrue();
    }

    /**
     * The n-th piece of a stream: differs from the others and from those of other streams in every part that may travel in a
     * frame of its own, and from itself one byte further.
     */
    private static byte[] chunk(int stream, int index) {
        byte[] chunk = PATTERN.clone();
        ByteBuffer marks = ByteBuffer.wrap(chunk);
        marks.putInt(0x0a01730a);
        for (int at = 4; at <= CHUNK - 8; at += MARK_EVERY) {
            marks.putInt(at, stream).putInt(at + 4, 31 * index + at);
        }
        return chunk;
    }

    private static final int MARK_EVERY = 1024;

    private static final byte[] PATTERN = new byte[CHUNK];

    static {
        new Random(17).nextBytes(PATTERN);
    }

    private static long checksumOf(int stream) {
        CRC32C checksum = new CRC32C();
        for (int i = 0; i < CHUNKS_PER_STREAM; i++) {
            checksum.update(chunk(stream, i));
        }
        return checksum.getValue();
    }

    private static void download(byte[] request, StreamObserver<byte[]> observer) {
        ServerCallStreamObserver<byte[]> out = (ServerCallStreamObserver<byte[]>) observer;
        int stream = Integer.parseInt(new String(Grpc.payload(request), UTF_8));
        int[] next = {0};
        out.setOnReadyHandler(() -> {
            while (next[0] < CHUNKS_PER_STREAM && out.isReady()) {
                out.onNext(chunk(stream, next[0]++));
                if (next[0] == CHUNKS_PER_STREAM) {
                    out.onCompleted();
                }
            }
        });
    }

    private static CompletableFuture<byte[]> upload(int stream, ManagedChannel client) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        ClientCalls.asyncClientStreamingCall(
                client.newCall(ADD, CallOptions.DEFAULT), new ClientResponseObserver<byte[], byte[]>() {
                    private int next;

                    @Override
                    public void beforeStart(ClientCallStreamObserver<byte[]> out) {
                        out.setOnReadyHandler(() -> {
                            while (next < CHUNKS_PER_STREAM && out.isReady()) {
                                out.onNext(chunk(stream, next++));
                                if (next == CHUNKS_PER_STREAM) {
                                    out.onCompleted();
                                }
                            }
                        });
                    }

                    @Override
                    public void onNext(byte[] value) {
                        answer.complete(value);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        answer.completeExceptionally(cause);
                    }

                    @Override
                    public void onCompleted() {}
                });
        return answer;
    }

    private static final class Reader extends ClientCall.Listener<byte[]> {
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        private final CRC32C checksum = new CRC32C();
        private final ClientCall<byte[], byte[]> call;
        private final int stream;
        private final boolean slow;
        private long bytes;

        private Reader(int stream, ManagedChannel client, boolean slow) {
            this.stream = stream;
            this.slow = slow;
            this.call = client.newCall(EXECUTE, CallOptions.DEFAULT);
            call.start(this, new Metadata());
            call.sendMessage(Grpc.request("s", Integer.toString(stream)));
            call.halfClose();
            call.request(1);
        }

        @Override
        public void onMessage(byte[] message) {
            checksum.update(message);
            bytes += message.length;
            if (slow) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
            call.request(1);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            end.complete(status);
        }
    }

    /** Answers with the checksum of what came. */
    private static final class Checking implements StreamObserver<byte[]> {
        private final StreamObserver<byte[]> out;
        private final CRC32C checksum = new CRC32C();

        private Checking(StreamObserver<byte[]> out) {
            this.out = out;
        }

        @Override
        public void onNext(byte[] chunk) {
            checksum.update(chunk);
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
            out.onNext(ByteBuffer.allocate(8).putLong(checksum.getValue()).array());
            out.onCompleted();
        }
    }
}
