/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.sparkconnect.proxy.route.Backend;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A server with Spark's gRPC stack and settings that does what a test tells it. */
public final class LightConnectServer implements AutoCloseable {
    private static final int MOST_MESSAGE_BYTES = 128 << 20;

    private final Map<String, ServerMethodDefinition<byte[], byte[]>> methods = new ConcurrentHashMap<>();
    private final Server server;
    private final int port;

    private LightConnectServer(int wantedPort, UnaryOperator<NettyServerBuilder> tuning) throws IOException {
        SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), wantedPort);
        this.server = tuning.apply(NettyServerBuilder.forAddress(address)
                        .maxInboundMessageSize(MOST_MESSAGE_BYTES)
                        .fallbackHandlerRegistry(new ByName()))
                .build()
                .start();
        this.port = server.getPort();
    }

    public static LightConnectServer start() throws IOException {
        return new LightConnectServer(0, builder -> builder);
    }

    public static LightConnectServer start(int port, UnaryOperator<NettyServerBuilder> tuning) throws IOException {
        return new LightConnectServer(port, tuning);
    }

    public LightConnectServer on(String method, MethodType type, ServerCallHandler<byte[], byte[]> handler) {
        methods.put(Grpc.SERVICE + "/" + method, ServerMethodDefinition.create(Grpc.method(method, type), handler));
        return this;
    }

    public int port() {
        return port;
    }

    public Backend backend() {
        return new Backend("container_1_" + port, "instance-" + port, "127.0.0.1", port);
    }

    /** GOAWAY, and streams may end. */
    public void shutdown() {
        server.shutdown();
    }

    /** Every connection is broken. */
    public void kill() throws InterruptedException {
        server.shutdownNow();
        if (!server.awaitTermination(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the server does not end");
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    private final class ByName extends HandlerRegistry {
        @Override
        public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
            return methods.get(name);
        }
    }
}
