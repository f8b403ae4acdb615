/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.ProxyRecord;
import io.sparkconnect.registry.RegistryPaths;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A proxy's ephemeral node {@code proxies/<id>}. Level-triggered: after every event (a new session, the node gone, a new
 * record) and every few seconds it looks at what is there and mends it. State is confined to its own thread; the public
 * methods may be called anywhere and do not block.
 */
public final class ProxyRegistration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyRegistration.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    private final ZooKeeperConnection connection;
    private final AsyncZooKeeper zooKeeper;
    private final String path;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(Threads.named("registry-proxy"));
    private final Watcher watcher = this::happened;
    private final Consumer<Boolean> connectionListener = this::connectionChanged;
    private volatile byte[] wanted;

    private boolean looking;
    private boolean lookAgain;
    private byte[] written = new byte[0];

    /** Registers as soon as there is a connection. */
    public ProxyRegistration(ZooKeeperConnection connection, RegistryPaths paths, ProxyRecord record) {
        this.connection = connection;
        this.zooKeeper = new AsyncZooKeeper(connection);
        this.path = paths.proxy(record.proxyId());
        this.wanted = JsonCodec.encode(record);
        connection.addListener(connectionListener);
        long period = LOOK_AGAIN.toMillis();
        var unused = thread.scheduleWithFixedDelay(this::lookNow, 0, period, TimeUnit.MILLISECONDS);
    }

    /** Publishes new figures; the id must stay the same. The caller decides how often (each change is a write). */
    public void update(ProxyRecord record) {
        if (!path.endsWith("/" + record.proxyId())) {
            throw new IllegalArgumentException("proxyId: " + record.proxyId() + " (expected: the one of " + path + ")");
        }
        wanted = JsonCodec.encode(record);
        look();
    }

    /** Removes the node, as far as ZooKeeper answers at once; otherwise it goes with the session. */
    @Override
    public void close() {
        connection.removeListener(connectionListener);
        thread.shutdownNow();
        if (!connection.isConnected()) {
            return;
        }
        try {
            zooKeeper.delete(path, AsyncZooKeeper.ANY_VERSION).get(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            LOG.info("path={} goes with its session: {}", path, e.toString());
        }
    }

    private void happened(WatchedEvent event) {
        if (event.getPath() != null) {
            look();
        }
    }

    private void connectionChanged(boolean connected) {
        if (connected) {
            look();
        }
    }

    private void look() {
        run(this::lookNow);
    }

    private void lookNow() {
        if (looking) {
            lookAgain = true;
            return;
        }
        if (!connection.isConnected()) {
            return;
        }
        looking = true;
        byte[] bytes = wanted;
        var unused = zooKeeper
                .exists(path, watcher)
                .thenComposeAsync(stat -> stat.isEmpty() ? create(bytes) : mend(stat.get(), bytes), thread)
                .whenComplete((done, failure) -> run(() -> looked(bytes, failure)));
    }

    private void looked(byte[] bytes, @org.jspecify.annotations.Nullable Throwable failure) {
        looking = false;
        if (failure == null) {
            written = bytes;
        } else {
            LOG.debug("path={} not registered yet: {}", path, failure.toString());
        }
        if (lookAgain) {
            lookAgain = false;
            lookNow();
        }
    }

    private CompletableFuture<Void> create(byte[] bytes) {
        return zooKeeper
                .create(path, bytes, CreateMode.EPHEMERAL)
                .thenAccept(created -> LOG.info("path={} registered", path))
                .exceptionallyCompose(failure -> AsyncZooKeeper.codeOf(failure) == Code.NONODE
                        ? zooKeeper
                                .makeDirectory(path.substring(0, path.lastIndexOf('/')))
                                .thenCompose(made -> create(bytes))
                        : CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<Void> mend(Stat stat, byte[] bytes) {
        try {
            if (stat.getEphemeralOwner() == zooKeeper.sessionId()) {
                return Arrays.equals(bytes, written)
                        ? completedFuture(null)
                        : zooKeeper
                                .write(path, bytes, AsyncZooKeeper.ANY_VERSION)
                                .thenAccept(stored -> {});
            }
        } catch (Exception e) {
            return CompletableFuture.failedFuture(e);
        }
        // Our former session's node, which would vanish under us when that session expires.
        LOG.info("path={} belongs to our former session: made anew", path);
        return zooKeeper.delete(path, stat.getVersion()).thenCompose(deleted -> create(bytes));
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("path={} closed meanwhile", path);
        }
    }
}
