/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.channel.EventLoop;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.SessionEnder;
import io.sparkconnect.proxy.route.SessionLocator.ProbeAnswer;
import io.sparkconnect.registry.SessionKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Ends the streams of sessions on every loop, and calls their servers. Thread-safe. */
final class EngineEnder implements SessionEnder {
    private final EngineLocator calls;
    private final Consumer<BiConsumer<EventLoop, Set<FrontConnection>>> onEachLoop;

    /** @param onEachLoop shows every loop with its connections, which belong to it */
    EngineEnder(EngineLocator calls, Consumer<BiConsumer<EventLoop, Set<FrontConnection>>> onEachLoop) {
        this.calls = calls;
        this.onEachLoop = onEachLoop;
    }

    @Override
    public void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
        onEachLoop.accept(
                (loop, fronts) -> loop.execute(() -> List.copyOf(fronts).forEach(front -> front.cut(sessions))));
    }

    @Override
    public CompletableFuture<ProbeAnswer> call(Backend backend, String rpc, byte[] request) {
        return calls.call(backend, rpc, request);
    }
}
