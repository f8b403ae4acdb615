/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands for a Spark Connect server: the service's name and call shapes, with plain bytes as messages.
 *
 * <p>Config echoes. ExecutePlan streams: the request is a count and a size, and the n-th message is filled with {@link
 * #fill}. AddArtifacts counts bytes. Interrupt never answers.
 */
final class BytesService implements BindableService {
    static final String NAME = "spark.connect.SparkConnectService";

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    static final MethodDescriptor<byte[], byte[]> CONFIG = method("Config", MethodDescriptor.MethodType.UNARY);
    static final MethodDescriptor<byte[], byte[]> INTERRUPT = method("Interrupt", MethodDescriptor.MethodType.UNARY);
    static final MethodDescriptor<byte[], byte[]> FAIL = method("AnalyzePlan", MethodDescriptor.MethodType.UNARY);
    static final MethodDescriptor<byte[], byte[]> EXECUTE =
            method("ExecutePlan", MethodDescriptor.MethodType.SERVER_STREAMING);
    static final MethodDescriptor<byte[], byte[]> UPLOAD =
            method("AddArtifacts", MethodDescriptor.MethodType.CLIENT_STREAMING);
    static final MethodDescriptor<byte[], byte[]> CHAT =
            method("BatchExecutePlan", MethodDescriptor.MethodType.BIDI_STREAMING);

    final AtomicInteger cancelled = new AtomicInteger();
    final AtomicInteger waiting = new AtomicInteger();
    final AtomicLong sent = new AtomicLong();

    static ClientCall<byte[], byte[]> call(Channel channel, MethodDescriptor<byte[], byte[]> method) {
        return channel.newCall(method, CallOptions.DEFAULT);
    }

    static byte[] executeRequest(int count, int size) {
        return ByteBuffer.allocate(8).putInt(count).putInt(size).array();
    }

    /** Every byte depends on its place in the stream. */
    static byte[] fill(int index, int size) {
        byte[] message = new byte[size];
        for (int i = 0; i < size; i++) {
            message[i] = (byte) (31 * index + i + (i >>> 8));
        }
        return message;
    }

    private static MethodDescriptor<byte[], byte[]> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(type)
                .setFullMethodName(NAME + "/" + name)
                .build();
    }

    @Override
    public ServerServiceDefinition bindService() {
        return ServerServiceDefinition.builder(NAME)
                .addMethod(CONFIG, ServerCalls.asyncUnaryCall(BytesService::echo))
                .addMethod(INTERRUPT, ServerCalls.asyncUnaryCall(this::waitForEver))
                .addMethod(
                        FAIL,
                        ServerCalls.asyncUnaryCall((request, observer) -> observer.onError(io.grpc.Status.INTERNAL
                                .withDescription("as told: ü")
                                .asRuntimeException())))
                .addMethod(EXECUTE, ServerCalls.asyncServerStreamingCall(this::execute))
                .addMethod(UPLOAD, ServerCalls.asyncClientStreamingCall(BytesService::upload))
                .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(BytesService::chat))
                .build();
    }

    private static void echo(byte[] request, StreamObserver<byte[]> observer) {
        observer.onNext(request);
        observer.onCompleted();
    }

    private void waitForEver(byte[] request, StreamObserver<byte[]> observer) {
        ((ServerCallStreamObserver<byte[]>) observer).setOnCancelHandler(cancelled::incrementAndGet);
        waiting.incrementAndGet();
    }

    private void execute(byte[] request, StreamObserver<byte[]> observer) {
        ByteBuffer asked = ByteBuffer.wrap(request);
        int count = asked.getInt();
        int size = asked.getInt();
        ServerCallStreamObserver<byte[]> call = (ServerCallStreamObserver<byte[]>) observer;
        int[] next = {0};
        call.setOnCancelHandler(cancelled::incrementAndGet);
        call.setOnReadyHandler(() -> {
            while (call.isReady() && next[0] < count) {
                call.onNext(fill(next[0]++, size));
                sent.addAndGet(size);
                if (next[0] == count) {
                    call.onCompleted();
                }
            }
        });
    }

    private static StreamObserver<byte[]> upload(StreamObserver<byte[]> response) {
        return new StreamObserver<>() {
            private long bytes;

            @Override
            public void onNext(byte[] chunk) {
                bytes += chunk.length;
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                response.onNext(ByteBuffer.allocate(8).putLong(bytes).array());
                response.onCompleted();
            }
        };
    }

    private static StreamObserver<byte[]> chat(StreamObserver<byte[]> response) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] message) {
                response.onNext(message);
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                response.onCompleted();
            }
        };
    }
}
