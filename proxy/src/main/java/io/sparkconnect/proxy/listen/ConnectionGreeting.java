/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** What a new connection has to go through: limits, the PROXY header where one is required, its first bytes. Thread-safe. */
@Sharable
@SuppressWarnings("FutureReturnValueIgnored") // A close that fails shows nowhere else either.
final class ConnectionGreeting extends ChannelInitializer<Channel> {
    private final @Nullable AddressRanges proxyHeadersFrom;
    private final Engine engine;
    private final ListenerLimits limits;
    private final OpenConnections open;
    private final TrafficWatcher watcher;
    private final Refusals refusals;

    ConnectionGreeting(
            @Nullable AddressRanges proxyHeadersFrom,
            Engine engine,
            ListenerLimits limits,
            OpenConnections open,
            TrafficWatcher watcher,
            Refusals refusals) {
        this.proxyHeadersFrom = proxyHeadersFrom;
        this.engine = engine;
        this.limits = limits;
        this.open = open;
        this.watcher = watcher;
        this.refusals = refusals;
    }

    @Override
    protected void initChannel(Channel channel) {
        if (AcceptedSockets.isOneTooMany(channel)) {
            refusals.refused(
                    channel,
                    "too-many-connections",
                    limits.connections() + " connections are open (sparkconnect.proxy.connections.max)");
            channel.close();
            return;
        }
        if (!engine.hasRoom()) {
            channel.pipeline().addLast("room-gate", new RoomGate(engine, watcher));
        }
        GreetingClock clock = new GreetingClock(limits.greeting());
        if (proxyHeadersFrom == null) {
            readFirstBytes(channel, clock);
        } else {
            channel.pipeline()
                    .addLast(
                            "proxy-header",
                            new ProxyHeader(proxyHeadersFrom, clock, refusals, named -> readFirstBytes(named, clock)));
        }
    }

    private void readFirstBytes(Channel channel, GreetingClock clock) {
        InetSocketAddress client = ClientAddress.socketAddressOf(channel);
        if (client != null && limits.connectionsPerAddress() > 0) {
            InetAddress address = client.getAddress();
            if (!open.acceptFrom(address, channel, limits.connectionsPerAddress())) {
                clock.stop();
                refusals.refused(
                        channel,
                        "too-many-connections-of-address",
                        limits.connectionsPerAddress()
                                + " connections of its address are open (sparkconnect.proxy.connections.per.address)");
                channel.close();
                return;
            }
        }
        channel.pipeline().addLast("first-bytes", new FirstBytes(engine, open, clock, watcher, refusals));
    }
}
