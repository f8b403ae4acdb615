/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.netty.channel.EventLoopGroup;
import io.sparkconnect.proxy.listen.Engine;
import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.proxy.route.RoutingDecision;
import io.sparkconnect.proxy.route.SessionEnder;
import io.sparkconnect.proxy.route.SessionLocator;
import io.sparkconnect.proxy.route.SessionLocator.ProbeAnswer;
import io.sparkconnect.registry.SessionKey;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Router and engine need one another: what the router has done before the engine is there is done when it is. Thread-safe. */
final class EngineToCome {
    private final EventLoopGroup loops;
    private final CompletableFuture<Engine> engine = new CompletableFuture<>();

    EngineToCome(EventLoopGroup loops) {
        this.loops = loops;
    }

    void isHere(Engine made) {
        engine.complete(made);
    }

    SessionLocator locator() {
        return (backend, request) ->
                engine.thenCompose(ready -> ready.locator(loops).ask(backend, request));
    }

    SessionEnder ender() {
        return new SessionEnder() {
            @Override
            public void cut(Map<SessionKey, RoutingDecision.Answer> sessions) {
                var unused = engine.thenAccept(ready -> ready.ender(loops).cut(sessions));
            }

            @Override
            public CompletableFuture<ProbeAnswer> call(Backend backend, String rpc, byte[] request) {
                return engine.thenCompose(ready -> ready.ender(loops).call(backend, rpc, request));
            }
        };
    }
}
