/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Who is at the other end of a client's connection: what the load balancer in between has said, else the socket's peer. */
public final class ClientAddress {
    private static final AttributeKey<InetSocketAddress> TOLD = AttributeKey.valueOf(ClientAddress.class, "told");

    private ClientAddress() {}

    /** For log lines: {@code 10.0.0.7:41234} or {@code [fd00::7]:41234}, and {@code ?} when the socket is closed already. */
    public static String of(Channel channel) {
        InetSocketAddress address = socketAddressOf(channel);
        return address == null || address.getAddress() == null ? "?" : NetUtil.toSocketAddressString(address);
    }

    static @Nullable InetSocketAddress socketAddressOf(Channel channel) {
        InetSocketAddress told = channel.attr(TOLD).get();
        if (told != null) {
            return told;
        }
        SocketAddress peer = channel.remoteAddress();
        return peer instanceof InetSocketAddress inet ? inet : null;
    }

    static void tell(Channel channel, InetSocketAddress address) {
        channel.attr(TOLD).set(address);
    }
}
