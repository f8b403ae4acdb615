/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.util.concurrent.TimeUnit;

/**
 * First handler of a connection that was accepted while the engine has no room for more work: the connection is not read, and
 * the handlers behind do not know of it, until there is. Confined to the loop.
 */
final class RoomGate extends ChannelInboundHandlerAdapter {
    private static final long ASK_EVERY_MS = 50;

    private final Engine engine;
    private final TrafficWatcher watcher;

    RoomGate(Engine engine, TrafficWatcher watcher) {
        this.engine = engine;
        this.watcher = watcher;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        watcher.clientHeldBack();
        ctx.channel().config().setAutoRead(false);
        askLater(ctx);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The task looks whether the channel is still there.
    private void askLater(ChannelHandlerContext ctx) {
        ctx.executor().schedule(() -> ask(ctx), ASK_EVERY_MS, TimeUnit.MILLISECONDS);
    }

    private void ask(ChannelHandlerContext ctx) {
        if (!ctx.channel().isActive()) {
            return;
        }
        if (!engine.hasRoom()) {
            askLater(ctx);
            return;
        }
        ctx.fireChannelActive();
        ctx.pipeline().remove(this);
        ctx.channel().config().setAutoRead(true);
    }
}
