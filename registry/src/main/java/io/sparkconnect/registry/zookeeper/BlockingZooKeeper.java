/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDeniedException;
import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Waits for asynchronous calls: at most the connection's time-out for a connection, and as long again for the answer.
 * Thread-safe.
 */
class BlockingZooKeeper {
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final int PIPELINED = 256;

    private final ZooKeeperConnection connection;
    private final AsyncZooKeeper zooKeeper;

    BlockingZooKeeper(ZooKeeperConnection connection) {
        this.connection = connection;
        this.zooKeeper = new AsyncZooKeeper(connection);
    }

    AsyncZooKeeper async() {
        return zooKeeper;
    }

    /**
     * Makes a call that may safely be made twice, again when the connection breaks while it is under way.
     *
     * @param what an infinitive for the error text: "read the spec"
     */
    <T> T again(String what, Supplier<CompletableFuture<T>> call)
            throws RegistryAwayException, RefusedException, InterruptedException {
        long deadline = System.nanoTime() + connection.connectTimeout().toNanos();
        while (true) {
            try {
                return once(what, call);
            } catch (RegistryAwayException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
            }
        }
    }

    /** Makes a call once: a connection that breaks meanwhile leaves open whether the change was made. */
    <T> T once(String what, Supplier<CompletableFuture<T>> call)
            throws RegistryAwayException, RefusedException, InterruptedException {
        Duration timeout = connection.connectTimeout();
        if (!connection.awaitConnected(timeout)) {
            throw away(what, "cannot be reached (waited " + timeout.toMillis() + " ms)", null);
        }
        try {
            return call.get().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw away(what, "did not answer within " + timeout.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            Throwable cause = AsyncZooKeeper.causeOf(e);
            if (AsyncZooKeeper.isAway(AsyncZooKeeper.codeOf(cause))) {
                throw away(what, "was lost meanwhile", cause);
            }
            throw new RefusedException(what, connection.quorum(), cause);
        }
    }

    /** Empty when there is no such node. */
    Optional<Node> read(String path) throws RegistryAwayException, InterruptedException {
        try {
            return Optional.of(again("read " + path, () -> zooKeeper.read(path, null)));
        } catch (RefusedException e) {
            if (e.code == Code.NONODE) {
                return Optional.empty();
            }
            throw e.asAway();
        }
    }

    /** Names, in order; none when there is no such node. */
    List<String> children(String path) throws RegistryAwayException, InterruptedException {
        try {
            return again("list " + path, () -> zooKeeper.children(path, null)).stream()
                    .sorted()
                    .toList();
        } catch (RefusedException e) {
            if (e.code == Code.NONODE) {
                return List.of();
            }
            throw e.asAway();
        }
    }

    /** Data of all children by name, in order; those that vanish meanwhile are left out. */
    Map<String, byte[]> readChildren(String path) throws RegistryAwayException, InterruptedException {
        Map<String, byte[]> found = new LinkedHashMap<>();
        List<String> names = children(path);
        List<Optional<Node>> nodes = all(
                "read what is below " + path,
                names,
                name -> zooKeeper
                        .read(path + "/" + name, null)
                        .thenApply(Optional::of)
                        .exceptionallyCompose(failure -> AsyncZooKeeper.codeOf(failure) == Code.NONODE
                                ? CompletableFuture.completedFuture(Optional.empty())
                                : CompletableFuture.failedFuture(failure)));
        for (int i = 0; i < names.size(); i++) {
            if (nodes.get(i).isPresent()) {
                found.put(names.get(i), nodes.get(i).get().data());
            }
        }
        return found;
    }

    /** Makes a call, safe to make twice, for each of these; many are under way at once. */
    <A, T> List<T> all(String what, List<A> arguments, Function<A, CompletableFuture<T>> call)
            throws RegistryAwayException, InterruptedException {
        List<T> results = new ArrayList<>(arguments.size());
        try {
            for (int from = 0; from < arguments.size(); from += PIPELINED) {
                List<A> some = arguments.subList(from, Math.min(from + PIPELINED, arguments.size()));
                results.addAll(again(what, () -> allOf(some.stream().map(call).toList())));
            }
        } catch (RefusedException e) {
            throw e.asAway();
        }
        return results;
    }

    /** A node that is not there is no error. */
    void delete(String path) throws RegistryAwayException, InterruptedException {
        try {
            again("remove " + path, () -> zooKeeper.delete(path, AsyncZooKeeper.ANY_VERSION));
        } catch (RefusedException e) {
            throw e.asAway();
        }
    }

    void makeDirectory(String path) throws RegistryAwayException, InterruptedException {
        try {
            again("create " + path, () -> zooKeeper.makeDirectory(path));
        } catch (RefusedException e) {
            throw e.asAway();
        }
    }

    private static <T> CompletableFuture<List<T>> allOf(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }

    private RegistryAwayException away(String what, String how, @org.jspecify.annotations.Nullable Throwable cause) {
        return new RegistryAwayException(
                "ZooKeeper at " + connection.quorum() + " " + how + ": could not " + what, cause);
    }

    /** ZooKeeper answered, and the answer was no. */
    static final class RefusedException extends Exception {
        final Code code;
        /** Which operation of a transaction was refused; -1 where that is unknown. */
        final int operation;

        RefusedException(String what, String quorum, Throwable cause) {
            super("ZooKeeper at " + quorum + " refused to " + what + ": " + cause.getMessage(), cause);
            if (cause instanceof AsyncZooKeeper.TransactionException transaction) {
                code = transaction.code;
                operation = transaction.operation;
            } else {
                code = cause instanceof KeeperException zooKeeper ? zooKeeper.code() : Code.SYSTEMERROR;
                operation = -1;
            }
        }

        /** For a refusal that nobody expects here, such as missing rights. */
        RegistryAwayException asAway() {
            String message = getMessage() == null ? "refused" : getMessage();
            return code == Code.NOAUTH || code == Code.AUTHFAILED
                    ? new RegistryDeniedException(message, this)
                    : new RegistryAwayException(message, this);
        }
    }
}
