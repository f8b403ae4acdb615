/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.sparkconnect.proxy.pool.BackendPool;
import io.sparkconnect.proxy.pool.Lane;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.SessionLocator;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Asks servers over the pooled connections of an event loop. Thread-safe. */
final class EngineLocator implements SessionLocator {
    private final EventLoopGroup loops;
    private final Function<EventLoop, BackendPool<BackConnection>> pools;

    EngineLocator(EventLoopGroup loops, Function<EventLoop, BackendPool<BackConnection>> pools) {
        this.loops = loops;
        this.pools = pools;
    }

    @Override
    public CompletableFuture<ProbeAnswer> ask(Backend backend, byte[] request) {
        return call(backend, "ReleaseExecute", request);
    }

    CompletableFuture<ProbeAnswer> call(Backend backend, String rpc, byte[] request) {
        CompletableFuture<ProbeAnswer> answer = new CompletableFuture<>();
        EventLoop loop = loops.next();
        loop.execute(() -> pools.apply(loop)
                .acquire(
                        backend,
                        Lane.CONTROL,
                        connection -> new Probe(connection, answer).send(backend, rpc, request),
                        none -> answer.completeExceptionally(new IOException(none.cause()))));
        return answer;
    }
}
