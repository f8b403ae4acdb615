/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.channel.Channel;
import io.sparkconnect.proxy.metrics.TrafficWatcher;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The clients' connections that are open. Thread-safe. */
final class OpenConnections {
    private final Map<Channel, ClientConnection> connections = new ConcurrentHashMap<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final TrafficWatcher watcher;
    private volatile boolean draining;

    OpenConnections(TrafficWatcher watcher) {
        this.watcher = watcher;
    }

    /** Counts a new socket; false when it is one too many. Its end is counted by itself. */
    boolean accept(Channel channel, int most) {
        boolean room = accepted.incrementAndGet() <= most;
        channel.closeFuture().addListener(closed -> accepted.decrementAndGet());
        return room;
    }

    void add(Channel channel, ClientConnection connection) {
        connections.put(channel, connection);
        watcher.clientConnected();
        channel.closeFuture().addListener(closed -> {
            connections.remove(channel);
            watcher.clientDisconnected();
            completeIfDrained();
        });
        if (draining) {
            channel.eventLoop().execute(connection::drain);
        }
    }

    /** The future is done when the last connection is closed. */
    CompletableFuture<Void> drain() {
        draining = true;
        onEach(ClientConnection::drain);
        completeIfDrained();
        return drained;
    }

    void cutOff() {
        onEach(ClientConnection::cutOff);
    }

    int size() {
        return connections.size();
    }

    private void onEach(Consumer<ClientConnection> action) {
        connections.forEach((channel, connection) -> channel.eventLoop().execute(() -> action.accept(connection)));
    }

    private void completeIfDrained() {
        if (draining && connections.isEmpty()) {
            drained.complete(null);
        }
    }
}
