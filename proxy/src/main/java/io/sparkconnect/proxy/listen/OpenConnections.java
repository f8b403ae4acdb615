/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.Channel;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The clients' connections that are open: first as sockets that have not yet said what they speak, then as HTTP/2
 * connections. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A close that fails shows nowhere else either.
final class OpenConnections {
    private final Set<Channel> accepted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger size = new AtomicInteger();
    private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
    private final Map<Channel, ClientConnection> connections = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final TrafficWatcher watcher;
    private volatile boolean draining;

    OpenConnections(TrafficWatcher watcher) {
        this.watcher = watcher;
    }

    /** Counts a new socket; false when it is one too many. Its end is counted by itself. */
    boolean accept(Channel channel, int most) {
        boolean room = size.incrementAndGet() <= most;
        accepted.add(channel);
        channel.closeFuture().addListener(closed -> {
            accepted.remove(channel);
            size.decrementAndGet();
            completeIfDrained();
        });
        return room;
    }

    /** Counts a connection of this address; false when it is one too many. Its end is counted by itself. */
    boolean acceptFrom(InetAddress address, Channel channel, int most) {
        boolean room = byAddress.merge(address, 1, Integer::sum) <= most;
        channel.closeFuture()
                .addListener(closed ->
                        byAddress.compute(address, (same, count) -> count == null || count == 1 ? null : count - 1));
        return room;
    }

    void add(Channel channel, ClientConnection connection) {
        connections.put(channel, connection);
        watcher.clientConnected();
        channel.closeFuture().addListener(closed -> {
            connections.remove(channel);
            watcher.clientDisconnected();
        });
        if (draining) {
            channel.eventLoop().execute(connection::drain);
        }
    }

    /** The future is done when the last socket is closed, those included that have said nothing yet. */
    CompletableFuture<Void> drain() {
        draining = true;
        onEach(ClientConnection::drain);
        completeIfDrained();
        return drained;
    }

    void cutOff() {
        accepted.stream().filter(channel -> !connections.containsKey(channel)).forEach(Channel::close);
        onEach(ClientConnection::cutOff);
    }

    int size() {
        return size.get();
    }

    private void onEach(Consumer<ClientConnection> action) {
        connections.forEach((channel, connection) -> channel.eventLoop().execute(() -> action.accept(connection)));
    }

    private void completeIfDrained() {
        if (draining && size.get() == 0) {
            drained.complete(null);
        }
    }
}
