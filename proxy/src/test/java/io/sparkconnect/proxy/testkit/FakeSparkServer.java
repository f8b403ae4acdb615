/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static io.grpc.MethodDescriptor.MethodType.CLIENT_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING;
import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps sessions as Spark's servers do: most RPCs create them, releases do not, and what it does not hold it says so. It answers
 * with its own id, so that a client sees where its request went.
 */
public final class FakeSparkServer implements AutoCloseable {
    private final String id;
    private final LightConnectServer server;
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();

    private FakeSparkServer(String id) throws IOException {
        this.id = id;
        this.server = LightConnectServer.start();
        for (String method : List.of(
                "Config",
                "AnalyzePlan",
                "ArtifactStatus",
                "Interrupt",
                "FetchErrorDetails",
                "GetStatus",
                "CloneSession")) {
            server.on(method, UNARY, ServerCalls.asyncUnaryCall(this::create));
        }
        server.on("ExecutePlan", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall(this::create))
                .on("AddArtifacts", CLIENT_STREAMING, ServerCalls.asyncClientStreamingCall(this::upload))
                .on("ReattachExecute", SERVER_STREAMING, ServerCalls.asyncServerStreamingCall(this::reattach))
                .on("ReleaseExecute", UNARY, ServerCalls.asyncUnaryCall(this::releaseExecute))
                .on("ReleaseSession", UNARY, ServerCalls.asyncUnaryCall(this::releaseSession));
    }

    public static FakeSparkServer start(String id) throws IOException {
        return new FakeSparkServer(id);
    }

    public String id() {
        return id;
    }

    public int port() {
        return server.port();
    }

    public Set<String> sessions() {
        return sessions;
    }

    /** As by SIGKILL: every connection is broken, and nobody listens any more. */
    public void kill() throws InterruptedException {
        server.kill();
    }

    @Override
    public void close() throws InterruptedException {
        server.close();
    }

    private void create(byte[] request, StreamObserver<byte[]> out) {
        sessions.add(sessionOf(request));
        answer(out);
    }

    private StreamObserver<byte[]> upload(StreamObserver<byte[]> out) {
        return new StreamObserver<>() {
            @Override
            public void onNext(byte[] request) {
                sessions.add(sessionOf(request));
            }

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {
                answer(out);
            }
        };
    }

    private void reattach(byte[] request, StreamObserver<byte[]> out) {
        if (sessions.contains(sessionOf(request))) {
            answer(out);
        } else {
            refuse(out, "SESSION_NOT_FOUND");
        }
    }

    private void releaseExecute(byte[] request, StreamObserver<byte[]> out) {
        if (sessions.contains(sessionOf(request))) {
            answer(out);
        } else {
            refuse(out, "SESSION_NOT_FOUND");
        }
    }

    private void releaseSession(byte[] request, StreamObserver<byte[]> out) {
        sessions.remove(sessionOf(request));
        answer(out);
    }

    private void answer(StreamObserver<byte[]> out) {
        out.onNext(id.getBytes(UTF_8));
        out.onCompleted();
    }

    private static void refuse(StreamObserver<byte[]> out, String what) {
        out.onError(Status.INTERNAL
                .withDescription("[INVALID_HANDLE." + what + "] The handle is invalid.")
                .asRuntimeException());
    }

    /** As {@link Grpc#request} writes it. */
    private static String sessionOf(byte[] request) {
        return new String(request, 2, request[1], UTF_8);
    }
}
