/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;

/**
 * Counts sockets where they are accepted, before they wait for their own loop: once the listening socket is closed, every
 * socket that it has given is known. Thread-safe.
 */
@Sharable
final class AcceptedSockets extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<Boolean> ONE_TOO_MANY = AttributeKey.valueOf(AcceptedSockets.class, "oneTooMany");

    private final OpenConnections open;
    private final int most;

    AcceptedSockets(OpenConnections open, int most) {
        this.open = open;
        this.most = most;
    }

    static boolean isOneTooMany(Channel channel) {
        return channel.hasAttr(ONE_TOO_MANY);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Channel socket = (Channel) message;
        if (!open.accept(socket, most)) {
            socket.attr(ONE_TOO_MANY).set(true);
        }
        ctx.fireChannelRead(socket);
    }
}
