/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.RegistryPaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The living proxies as ZooKeeper has them. There are few of them, so every change has all of them read anew. State is
 * confined to the thread "registry-proxies", on which listeners are called too.
 */
final class ProxyWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyWatch.class);
    /** Watches are hints; what they missed, if ever, is found then. */
    private static final Duration READ_AGAIN = Duration.ofMinutes(1);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final ZooKeeperConnection connection;
    private final String directory;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(Threads.named("registry-proxies"));
    private final Watcher watcher = this::happened;
    private final Consumer<Boolean> connectionListener = this::connectionChanged;
    private final WatchedChildren<ProxyRecord> proxies;
    private final List<Consumer<ProxySnapshot>> listeners = new ArrayList<>();
    private ProxySnapshot snapshot = new ProxySnapshot(Map.of(), false);
    private boolean passRuns;
    private boolean passDue;

    ProxyWatch(ZooKeeperConnection connection, RegistryPaths paths) {
        this.connection = connection;
        this.directory = paths.proxies();
        this.proxies = new WatchedChildren<>(
                new AsyncZooKeeper(connection),
                directory,
                new RecordReader<>(ProxyRecord.class, RecordProblems::of),
                watcher,
                thread);
        connection.addListener(connectionListener);
        var unused = thread.scheduleWithFixedDelay(this::pass, 0, READ_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
    }

    void addListener(Consumer<ProxySnapshot> listener) {
        run(() -> {
            listeners.add(listener);
            tell(listener);
        });
    }

    @Override
    public void close() {
        connection.removeListener(connectionListener);
        thread.shutdownNow();
    }

    private void happened(WatchedEvent event) {
        // Without a path it is about the connection, which has its own listener.
        if (event.getPath() != null) {
            run(this::pass);
        }
    }

    private void connectionChanged(boolean connected) {
        run(() -> {
            if (connected) {
                pass();
            } else {
                publish(false);
            }
        });
    }

    private void pass() {
        if (passRuns) {
            passDue = true;
            return;
        }
        if (!connection.isConnected()) {
            return; // the connection's listener starts the next
        }
        passRuns = true;
        var unused = proxies.refreshAll().whenCompleteAsync((done, failure) -> passed(failure), thread);
    }

    private void passed(@Nullable Throwable failure) {
        passRuns = false;
        if (failure != null) {
            LOG.debug("path={} cannot be read: {}", directory, failure.toString());
            publish(false);
            var unused = thread.schedule(this::pass, AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
        } else {
            publish(connection.isConnected());
        }
        if (passDue) {
            passDue = false;
            pass();
        }
    }

    private void publish(boolean connected) {
        ProxySnapshot next = new ProxySnapshot(proxies.records(), connected);
        if (!next.equals(snapshot)) {
            snapshot = next;
            listeners.forEach(this::tell);
        }
    }

    private void tell(Consumer<ProxySnapshot> listener) {
        try {
            listener.accept(snapshot);
        } catch (RuntimeException e) {
            LOG.error("path={} changed, and a listener failed", directory, e);
        }
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("path={} closed meanwhile", directory);
        }
    }
}
