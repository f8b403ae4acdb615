/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.ServerDirectory;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.ServicePools;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.SessionKill;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
 * The servers of a service as ZooKeeper has them. Watches only mark paths as changed; one pass at a time reads what is
 * marked and makes one snapshot, so that 200 servers that start together cost some passes, not 200 listings each. A
 * server is listed before its death is: who vanishes from one snapshot has its certificate, when there is one, in the
 * same.
 *
 * <p>The snapshot says what the registry says, an empty listing included. A server that goes without a certificate was
 * not removed by a working ApplicationMaster: whoever uses the snapshot judges such a one by its own probes.
 *
 * <p>State is confined to the thread "registry-directory", on which listeners are called too.
 */
public final class ZooKeeperServerDirectory implements ServerDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperServerDirectory.class);
    /** How long changes are collected before they are read. */
    private static final Duration COLLECT = Duration.ofMillis(25);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    /** Watches are hints; what they missed, if ever, is found then. */
    private static final Duration READ_ALL = Duration.ofMinutes(5);

    private final ZooKeeperConnection connection;
    private final AsyncZooKeeper zooKeeper;
    private final RegistryPaths paths;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(Threads.named("registry-directory"));
    private final Watcher watcher = this::happened;
    private final Consumer<Boolean> connectionListener = this::connectionChanged;
    private final WatchedChildren<ServerRecord> servers;
    private final WatchedChildren<DeathCertificate> deaths;
    private final WatchedChildren<SessionKill> kills;
    private final RecordReader<ServiceStatus> statusReader =
            new RecordReader<>(ServiceStatus.class, (name, status) -> RecordProblems.of(status));
    private final RecordReader<ServiceSpec> specReader =
            new RecordReader<>(ServiceSpec.class, (name, spec) -> RecordProblems.of(spec));
    private final List<Consumer<ServerSnapshot>> listeners = new ArrayList<>();
    private volatile ServerSnapshot snapshot = ServerSnapshot.EMPTY;

    private @Nullable ServiceStatus status;
    private @Nullable ServicePools pools;
    private Set<String> changed = new HashSet<>();
    private boolean everythingChanged = true;
    private boolean passDue;
    private boolean passRuns;
    /** What was logged last, so that it is not logged each second. */
    private String complaint = "";

    /**
     * Starts to read at once.
     *
     * @param connection stays the caller's to close
     */
    public ZooKeeperServerDirectory(ZooKeeperConnection connection, RegistryPaths paths) {
        this.connection = connection;
        this.zooKeeper = new AsyncZooKeeper(connection);
        this.paths = paths;
        this.servers = new WatchedChildren<>(
                zooKeeper,
                paths.servers(),
                new RecordReader<>(ServerRecord.class, RecordProblems::of),
                watcher,
                thread);
        this.deaths = new WatchedChildren<>(
                zooKeeper,
                paths.deaths(),
                new RecordReader<>(DeathCertificate.class, RecordProblems::of),
                watcher,
                thread);
        this.kills = new WatchedChildren<>(
                zooKeeper, paths.kills(), new RecordReader<>(SessionKill.class, RecordProblems::of), watcher, thread);
        connection.addListener(connectionListener);
        var unused = thread.scheduleWithFixedDelay(this::readAll, 0, READ_ALL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public ServerSnapshot snapshot() {
        return snapshot;
    }

    @Override
    public void addListener(Consumer<ServerSnapshot> listener) {
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
        String path = event.getPath();
        // Without a path it is about the connection, which has its own listener.
        if (path != null) {
            run(() -> {
                changed.add(path);
                passSoon(COLLECT);
            });
        }
    }

    private void connectionChanged(boolean connected) {
        run(() -> {
            if (connected) {
                readAll();
            } else {
                everythingChanged = true;
                publish(false);
            }
        });
    }

    private void readAll() {
        everythingChanged = true;
        passSoon(Duration.ZERO);
    }

    private void passSoon(Duration delay) {
        if (!passDue) {
            passDue = true;
            var unused = thread.schedule(this::pass, delay.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void pass() {
        if (passRuns) {
            return; // due still: the running one starts the next
        }
        passDue = false;
        if (!connection.isConnected()) {
            return; // the connection's listener starts the next
        }
        passRuns = true;
        boolean everything = everythingChanged;
        Set<String> paths = changed;
        everythingChanged = false;
        changed = new HashSet<>();
        var unused = read(everything, paths)
                .whenCompleteAsync((done, failure) -> passed(everything, paths, failure), thread);
    }

    private CompletableFuture<Void> read(boolean everything, Set<String> paths) {
        if (everything) {
            return servers.refreshAll()
                    .thenComposeAsync(listed -> deaths.refreshAll(), thread)
                    .thenComposeAsync(listed -> kills.refreshAll(), thread)
                    .thenComposeAsync(listed -> readSpec(), thread)
                    .thenComposeAsync(done -> readStatus(), thread);
        }
        boolean listing = paths.contains(servers.directory()) || paths.contains(deaths.directory());
        CompletableFuture<Void> read = listing
                ? servers.refreshList(paths).thenComposeAsync(listed -> deaths.refreshList(paths), thread)
                : servers.refreshChanged(paths).thenComposeAsync(done -> deaths.refreshChanged(paths), thread);
        read = read.thenComposeAsync(
                done -> paths.contains(kills.directory()) ? kills.refreshList(paths) : kills.refreshChanged(paths),
                thread);
        if (paths.contains(this.paths.spec())) {
            read = read.thenComposeAsync(done -> readSpec(), thread);
        }
        return paths.contains(this.paths.status()) ? read.thenComposeAsync(done -> readStatus(), thread) : read;
    }

    private void passed(boolean everything, Set<String> paths, @Nullable Throwable failure) {
        passRuns = false;
        if (failure == null) {
            complaint = "";
            publish(connection.isConnected() && !everythingChanged);
        } else {
            everythingChanged |= everything;
            changed.addAll(paths);
            complain(failure);
            publish(false);
            passDue = false;
            passSoon(AFTER_FAILURE);
            return;
        }
        if (passDue) {
            pass();
        }
    }

    private void complain(Throwable failure) {
        String text = AsyncZooKeeper.causeOf(failure).toString();
        if (connection.isConnected() && !text.equals(complaint)) {
            complaint = text;
            LOG.warn("path={} cannot be read, the last known state stays in use: {}", paths.root(), text);
        }
    }

    private CompletableFuture<Void> readStatus() {
        return readOne(
                paths.status(),
                node -> status = node.flatMap(found -> statusReader.read(paths.status(), found))
                        .orElse(null));
    }

    /** What cannot be read changes nothing. */
    private CompletableFuture<Void> readSpec() {
        return readOne(paths.spec(), node -> {
            if (node.isEmpty()) {
                pools = null;
            } else {
                specReader.read(paths.spec(), node.get()).ifPresent(spec -> pools = ServicePools.of(spec));
            }
        });
    }

    private CompletableFuture<Void> readOne(String path, Consumer<Optional<AsyncZooKeeper.Node>> taken) {
        return zooKeeper
                .exists(path, watcher)
                .thenCompose(stat -> stat.isPresent()
                        ? zooKeeper.read(path, watcher).thenApply(Optional::of)
                        : CompletableFuture.completedFuture(Optional.<AsyncZooKeeper.Node>empty()))
                .thenAcceptAsync(taken, thread);
    }

    private void publish(boolean connected) {
        ServerSnapshot next = new ServerSnapshot(
                servers.records(), deaths.records(), status, connected, servers.unreadable(), kills.records(), pools);
        if (!next.equals(snapshot)) {
            snapshot = next;
            listeners.forEach(this::tell);
        }
    }

    private void tell(Consumer<ServerSnapshot> listener) {
        try {
            listener.accept(snapshot);
        } catch (RuntimeException e) {
            LOG.error("path={} changed, and a listener failed", paths.root(), e);
        }
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("path={} closed meanwhile", paths.root());
        }
    }
}
