/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static io.sparkconnect.registry.zookeeper.AsyncZooKeeper.codeOf;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.RegistryPaths;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bindings as nodes {@code sessions/<bucket>/<hash>}. Thread-safe and without state: ZooKeeper's create decides who is
 * first. While there is no connection every call fails at once; nothing queues beyond {@link #MOST_WAITING} calls, those
 * included whose caller has stopped waiting.
 */
public final class ZooKeeperSessionTable implements SessionTable {
    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperSessionTable.class);

    /** Calls that may wait for ZooKeeper's answer; the next one fails. */
    public static final int MOST_WAITING = 10_000;

    /** A binding that others change under our hands is tried so often. */
    private static final int TRIES = 5;

    private final ZooKeeperConnection connection;
    private final AsyncZooKeeper zooKeeper;
    private final RegistryPaths paths;
    private final Duration timeout;
    private final Semaphore waiting = new Semaphore(MOST_WAITING);
    private final ExecutorService callbacks;

    /**
     * @param connection stays the caller's to close
     * @param timeout after which a call without an answer fails
     */
    public ZooKeeperSessionTable(ZooKeeperConnection connection, RegistryPaths paths, Duration timeout) {
        this.connection = connection;
        this.zooKeeper = new AsyncZooKeeper(connection);
        this.paths = paths;
        this.timeout = timeout;
        this.callbacks = Executors.newSingleThreadExecutor(Threads.named("registry-sessions"));
    }

    @Override
    public CompletableFuture<Optional<SessionBinding>> find(SessionKey key) {
        String path = paths.session(key);
        return bounded(
                "find a session's binding",
                () -> read(path)
                        .thenApply(node -> node.map(found -> decoded(found, path, key)
                                .orElseThrow(() -> new RegistryDataException(
                                        path + " holds a binding that cannot be read", null)))));
    }

    @Override
    public CompletableFuture<SessionBinding> bindIfAbsent(SessionBinding proposed) {
        return bounded("bind a session", () -> bind(proposed, TRIES));
    }

    @Override
    public CompletableFuture<Boolean> release(SessionKey key, String serverId) {
        return bounded("release a session", () -> release(key, serverId, TRIES));
    }

    @Override
    public CompletableFuture<Boolean> touch(SessionKey key, long lastUseMs) {
        return bounded("note a session's use", () -> touch(key, lastUseMs, TRIES));
    }

    @Override
    public CompletableFuture<List<SessionBinding>> inBucket(int bucket) {
        String parent = paths.sessionBucket(bucket);
        return bounded(
                "list sessions",
                () -> zooKeeper
                        .children(parent, null)
                        .exceptionallyCompose(failure ->
                                codeOf(failure) == Code.NONODE ? completedFuture(List.of()) : failedFuture(failure))
                        .thenCompose(names -> readAll(parent, names)));
    }

    @Override
    public void close() {
        callbacks.shutdown();
    }

    private CompletableFuture<SessionBinding> bind(SessionBinding proposed, int tries) {
        SessionKey key = proposed.key();
        String path = paths.session(key);
        return zooKeeper
                .create(path, JsonCodec.encode(proposed), CreateMode.PERSISTENT)
                .thenApply(created -> proposed)
                .exceptionallyCompose(failure -> {
                    Code code = codeOf(failure);
                    if (tries > 1 && code == Code.NONODE) {
                        return zooKeeper
                                .makeDirectory(path.substring(0, path.lastIndexOf('/')))
                                .thenCompose(made -> bind(proposed, tries - 1));
                    }
                    return code == Code.NODEEXISTS ? obey(proposed, key, path, tries) : failedFuture(failure);
                });
    }

    /** Another one was first, or we ourselves before the connection broke. */
    private CompletableFuture<SessionBinding> obey(SessionBinding proposed, SessionKey key, String path, int tries) {
        return read(path).thenCompose(node -> {
            Optional<SessionBinding> winner = node.flatMap(found -> decoded(found, path, key));
            if (winner.isPresent()) {
                return completedFuture(winner.get());
            }
            if (tries <= 1) {
                return failedFuture(new RegistryDataException(path + " changes faster than it can be read", null));
            }
            if (node.isEmpty()) {
                return bind(proposed, tries - 1);
            }
            // Garbage binds nobody; whoever replaces this very version of it is first.
            int version = node.get().stat().getVersion();
            return zooKeeper
                    .write(path, JsonCodec.encode(proposed), version)
                    .thenApply(written -> proposed)
                    .exceptionallyCompose(
                            failure -> isOvertaken(failure) ? bind(proposed, tries - 1) : failedFuture(failure));
        });
    }

    private CompletableFuture<Boolean> release(SessionKey key, String serverId, int tries) {
        String path = paths.session(key);
        return read(path).thenCompose(node -> {
            Optional<SessionBinding> binding = node.flatMap(found -> decoded(found, path, key));
            if (node.isEmpty() || binding.isEmpty() || !binding.get().serverId().equals(serverId)) {
                return completedFuture(false);
            }
            return zooKeeper
                    .delete(path, node.get().stat().getVersion())
                    .exceptionallyCompose(failure -> isOvertaken(failure) && tries > 1
                            ? release(key, serverId, tries - 1)
                            : failedFuture(failure));
        });
    }

    private CompletableFuture<Boolean> touch(SessionKey key, long lastUseMs, int tries) {
        String path = paths.session(key);
        return read(path).thenCompose(node -> {
            Optional<SessionBinding> binding = node.flatMap(found -> decoded(found, path, key));
            if (node.isEmpty() || binding.isEmpty() || binding.get().lastUseMs() >= lastUseMs) {
                return completedFuture(binding.isPresent());
            }
            SessionBinding used = binding.get().usedAt(lastUseMs);
            return zooKeeper
                    .write(
                            path,
                            JsonCodec.encodeOver(node.get().data(), used),
                            node.get().stat().getVersion())
                    .thenApply(written -> true)
                    .exceptionallyCompose(failure -> isOvertaken(failure) && tries > 1
                            ? touch(key, lastUseMs, tries - 1)
                            : failedFuture(failure));
        });
    }

    private CompletableFuture<List<SessionBinding>> readAll(String parent, List<String> names) {
        List<CompletableFuture<Optional<SessionBinding>>> reads = names.stream()
                .map(name -> parent + "/" + name)
                .map(path -> read(path).thenApply(node -> node.flatMap(found -> decoded(found, path))))
                .toList();
        return CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new))
                .thenApply(done ->
                        reads.stream().flatMap(read -> read.join().stream()).toList());
    }

    private CompletableFuture<Optional<Node>> read(String path) {
        return zooKeeper
                .read(path, null)
                .thenApply(Optional::of)
                .exceptionallyCompose(failure ->
                        codeOf(failure) == Code.NONODE ? completedFuture(Optional.empty()) : failedFuture(failure));
    }

    /** Empty for garbage: what nobody can read binds nobody. */
    private static Optional<SessionBinding> decoded(Node node, String path, SessionKey key) {
        return decodedAny(node, path).filter(binding -> {
            boolean matches =
                    key.userId().equals(binding.userId()) && key.sessionId().equals(binding.sessionId());
            if (!matches) {
                LOG.warn("path={} holds the binding of another session: it is ignored", path);
            }
            return matches;
        });
    }

    /** Whoever's binding it is, as long as it is in its place. */
    private Optional<SessionBinding> decoded(Node node, String path) {
        return decodedAny(node, path)
                .filter(binding -> paths.session(binding.key()).equals(path));
    }

    private static Optional<SessionBinding> decodedAny(Node node, String path) {
        try {
            SessionBinding binding = JsonCodec.decode(node.data(), SessionBinding.class, path);
            if (binding.userId() != null && binding.sessionId() != null && binding.serverId() != null) {
                return Optional.of(binding);
            }
            LOG.warn("path={} holds a binding without a user, a session or a server: it is ignored", path);
        } catch (RegistryDataException e) {
            LOG.warn("path={} is ignored: {}", path, e.getMessage());
        }
        return Optional.empty();
    }

    private static boolean isOvertaken(Throwable failure) {
        Code code = codeOf(failure);
        return code == Code.BADVERSION || code == Code.NONODE;
    }

    private <T> CompletableFuture<T> bounded(String what, Supplier<CompletableFuture<T>> call) {
        if (!connection.isConnected()) {
            return failedFuture(away(what, "is not connected", null));
        }
        if (!waiting.tryAcquire()) {
            return failedFuture(away(what, "has " + MOST_WAITING + " questions to answer already", null));
        }
        CompletableFuture<T> answer = call.get();
        CompletableFuture<T> result = answer.copy().orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
        var unused = answer.whenComplete((value, failure) -> waiting.release());
        CompletableFuture<T> handed = new CompletableFuture<>();
        var unusedHandOver = result.whenComplete((value, failure) -> handOver(() -> {
            if (failure == null) {
                handed.complete(value);
            } else {
                handed.completeExceptionally(explained(what, AsyncZooKeeper.causeOf(failure)));
            }
        }));
        return handed;
    }

    private void handOver(Runnable completion) {
        try {
            callbacks.execute(completion);
        } catch (RejectedExecutionException e) {
            completion.run(); // closed meanwhile: nobody is left to care about threads
        }
    }

    private Throwable explained(String what, Throwable failure) {
        if (failure instanceof RegistryDataException) {
            return failure;
        }
        if (failure instanceof TimeoutException) {
            return away(what, "did not answer within " + timeout.toMillis() + " ms", failure);
        }
        return AsyncZooKeeper.isAway(codeOf(failure))
                ? away(what, "was lost meanwhile", failure)
                : away(what, "refused (" + failure.getMessage() + ")", failure);
    }

    private RegistryAwayException away(String what, String how, @org.jspecify.annotations.Nullable Throwable cause) {
        return new RegistryAwayException(
                "ZooKeeper at " + connection.quorum() + " " + how + ": could not " + what, cause);
    }
}
