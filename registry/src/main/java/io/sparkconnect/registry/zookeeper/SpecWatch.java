/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when a node may have changed. The watch is one-shot, so it is set again before anybody is told: what changes
 * afterwards is told again. Listeners are confined to this watch's own thread.
 */
final class SpecWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpecWatch.class);

    private final ZooKeeperConnection connection;
    private final AsyncZooKeeper zooKeeper;
    private final String path;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(Threads.named("registry-spec"));
    private final Watcher watcher = this::happened;
    private final Consumer<Boolean> connectionListener = this::connectionChanged;
    private final List<Runnable> listeners = new ArrayList<>();

    SpecWatch(ZooKeeperConnection connection, String path) {
        this.connection = connection;
        this.zooKeeper = new AsyncZooKeeper(connection);
        this.path = path;
        connection.addListener(connectionListener);
        if (connection.isConnected()) {
            armThenTell();
        }
    }

    void addListener(Runnable listener) {
        run(() -> listeners.add(listener));
    }

    @Override
    public void close() {
        connection.removeListener(connectionListener);
        thread.shutdown();
    }

    private void happened(WatchedEvent event) {
        // Without a path it is about the connection, which has its own listener.
        if (event.getPath() != null) {
            armThenTell();
        }
    }

    private void connectionChanged(boolean connected) {
        if (connected) {
            armThenTell();
        }
    }

    private void armThenTell() {
        var unused = zooKeeper.exists(path, watcher).whenComplete((stat, failure) -> {
            if (failure == null) {
                run(this::tell);
            } else {
                LOG.debug("path={} is not watched until ZooKeeper is back: {}", path, failure.toString());
            }
        });
    }

    private void tell() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.error("path={} changed, and a listener failed", path, e);
            }
        }
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("path={} closed meanwhile", path);
        }
    }
}
