/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client that shows the status bytes that it got. Trailers above 8 KiB, grpc-java's own limit, it does not take. */
public final class WireClient implements AutoCloseable {
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final int MOST_TRAILER_BYTES = 8192;
    private static final Set<String> STREAMS = Set.of("ExecutePlan", "ReattachExecute");

    private final ManagedChannel channel;
    private final Metadata headers;

    public WireClient(InetSocketAddress address) {
        this(address, Map.of());
    }

    /** @param headers sent with each request, as clients do with what they do not know of their URL */
    public WireClient(InetSocketAddress address, Map<String, String> headers) {
        this.headers = new Metadata();
        headers.forEach(
                (name, value) -> this.headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
        channel = NettyChannelBuilder.forAddress(address)
                .usePlaintext()
                .disableRetry()
                .maxInboundMetadataSize(MOST_TRAILER_BYTES)
                .build();
    }

    /**
     * How a call ended.
     *
     * @param details {@code grpc-status-details-bin}; null when there was none
     */
    public record Answer(Status status, com.google.rpc.@Nullable Status details, List<byte[]> messages) {
        public int code() {
            return status.getCode().value();
        }

        public String text() {
            return String.valueOf(status.getDescription());
        }

        /** The only message, as text. */
        public String message() {
            if (!status.isOk() || messages.size() != 1) {
                throw new AssertionError("ended with " + status + " after " + messages.size() + " messages");
            }
            return new String(messages.get(0), UTF_8);
        }

        /** The one detail of this kind; null when there is none. */
        public <T extends Message> @Nullable T detail(Class<T> type) throws InvalidProtocolBufferException {
            if (details != null) {
                for (Any any : details.getDetailsList()) {
                    if (any.is(type)) {
                        return any.unpack(type);
                    }
                }
            }
            return null;
        }
    }

    public CompletableFuture<Answer> begin(String method, byte[] request) {
        MethodType type = STREAMS.contains(method)
                ? MethodType.SERVER_STREAMING
                : method.equals("AddArtifacts") ? MethodType.CLIENT_STREAMING : MethodType.UNARY;
        ClientCall<byte[], byte[]> call = channel.newCall(Grpc.method(method, type), CallOptions.DEFAULT);
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Metadata sent = new Metadata();
        sent.merge(headers);
        call.start(new Collecting(answer), sent);
        call.request(Integer.MAX_VALUE);
        call.sendMessage(request);
        call.halfClose();
        return answer;
    }

    public Answer call(String method, byte[] request) {
        return begin(method, request).orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow();
        channel.awaitTermination(10, TimeUnit.SECONDS);
    }

    private static final class Collecting extends ClientCall.Listener<byte[]> {
        private final CompletableFuture<Answer> answer;
        private final List<byte[]> messages = new CopyOnWriteArrayList<>();

        private Collecting(CompletableFuture<Answer> answer) {
            this.answer = answer;
        }

        @Override
        public void onMessage(byte[] message) {
            messages.add(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            byte[] bytes = trailers.get(DETAILS);
            try {
                answer.complete(new Answer(
                        status, bytes == null ? null : com.google.rpc.Status.parseFrom(bytes), List.copyOf(messages)));
            } catch (InvalidProtocolBufferException e) {
                answer.completeExceptionally(e);
            }
        }
    }
}
