/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.Lane;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.SessionLocator;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Asks servers over the pooled connections of an event loop. Thread-safe. */
final class RelayLocator implements SessionLocator {
    private static final String PATH = "/spark.connect.SparkConnectService/ReleaseExecute";

    private final EventLoopGroup loops;
    private final Function<EventLoop, BackendPool<BackConnection>> pools;

    RelayLocator(EventLoopGroup loops, Function<EventLoop, BackendPool<BackConnection>> pools) {
        this.loops = loops;
        this.pools = pools;
    }

    @Override
    public CompletableFuture<ProbeAnswer> ask(Backend backend, byte[] request) {
        CompletableFuture<ProbeAnswer> answer = new CompletableFuture<>();
        EventLoop loop = loops.next();
        loop.execute(() -> pools.apply(loop)
                .acquire(
                        backend,
                        Lane.CONTROL,
                        connection -> send(connection, backend, request, answer),
                        cause -> answer.completeExceptionally(new IOException(cause))));
        return answer;
    }

    private static void send(
            BackConnection connection, Backend backend, byte[] request, CompletableFuture<ProbeAnswer> answer) {
        Http2Headers headers = new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("http")
                .path(PATH)
                .authority(backend.host() + ":" + backend.port())
                .set("content-type", "application/grpc")
                .set("te", "trailers")
                .set("user-agent", "sparkconnect-proxy");
        Http2Stream stream = connection.open(headers, false, new Call(answer));
        if (stream == null) {
            answer.completeExceptionally(new IOException("the connection takes no further request"));
            return;
        }
        ByteBuf framed = connection.context().alloc().buffer(request.length + 5);
        framed.writeByte(0).writeInt(request.length).writeBytes(request);
        connection.writeData(stream, framed, true, connection.context().newPromise());
    }

    /** Waits for the status; what else the server says is thrown away. */
    private record Call(CompletableFuture<ProbeAnswer> answer) implements BackStream {
        @Override
        public void onResponseHeaders(Http2Headers headers, boolean endOfStream) {
            if (endOfStream) {
                CharSequence message = headers.get(GrpcHeaders.GRPC_MESSAGE);
                String text = message == null ? "" : GrpcHeaders.percentDecoded(message.toString());
                answer.complete(new ProbeAnswer(GrpcHeaders.statusOf(headers), text));
            }
        }

        @Override
        public int onResponseData(ByteBuf data, boolean endOfStream) {
            return data.readableBytes();
        }

        @Override
        public void onServerReset(long errorCode) {
            answer.completeExceptionally(new IOException("the server reset the stream with code " + errorCode));
        }

        @Override
        public void onBackClosed(BackConnection back) {
            answer.completeExceptionally(new IOException("the stream ended without a status"));
        }
    }
}
