/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static io.grpc.MethodDescriptor.MethodType.UNARY;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A server that has sessions as Spark has: made by Config, asked for by ReleaseExecute. It answers with its name. */
public final class SparkLikeServer implements AutoCloseable {
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();
    private final LightConnectServer server;

    private SparkLikeServer(String name) throws IOException {
        server = LightConnectServer.start()
                .on("Config", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    sessions.add(Grpc.sessionId(request));
                    out.onNext(name.getBytes(UTF_8));
                    out.onCompleted();
                }))
                .on("ReleaseExecute", UNARY, ServerCalls.asyncUnaryCall((request, out) -> {
                    if (sessions.contains(Grpc.sessionId(request))) {
                        out.onNext(new byte[0]);
                        out.onCompleted();
                    } else {
                        out.onError(Status.INTERNAL
                                .withDescription("[INVALID_HANDLE.SESSION_NOT_FOUND] The handle is invalid.")
                                .asRuntimeException());
                    }
                }));
    }

    public static SparkLikeServer start(String name) throws IOException {
        return new SparkLikeServer(name);
    }

    public int port() {
        return server.port();
    }

    @Override
    public void close() throws InterruptedException {
        server.close();
    }
}
