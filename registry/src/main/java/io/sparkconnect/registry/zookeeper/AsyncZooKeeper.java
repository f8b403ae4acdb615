/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * ZooKeeper's asynchronous calls as futures, each on the handle of the present session and tried once. The futures are
 * completed on ZooKeeper's event thread and fail with a {@link KeeperException}; a lost connection fails all that wait.
 */
final class AsyncZooKeeper {
    /** Who may do what with the nodes that we create; one place, for the day when the registry gets access control. */
    static final List<ACL> ACCESS = ZooDefs.Ids.OPEN_ACL_UNSAFE;

    static final int ANY_VERSION = -1;

    private final ZooKeeperConnection connection;

    AsyncZooKeeper(ZooKeeperConnection connection) {
        this.connection = connection;
    }

    @SuppressWarnings("ArrayRecordComponent") // nobody compares nodes
    record Node(byte[] data, Stat stat) {}

    CompletableFuture<Node> read(String path, @Nullable Watcher watcher) {
        CompletableFuture<Node> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.getData(
                        path,
                        watcher,
                        (code, p, context, data, stat) ->
                                finish(result, code, path, new Node(data == null ? new byte[0] : data, stat)),
                        null));
        return result;
    }

    CompletableFuture<Optional<Stat>> exists(String path, @Nullable Watcher watcher) {
        CompletableFuture<Optional<Stat>> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.exists(
                        path,
                        watcher,
                        (code, p, context, stat) -> {
                            boolean missing = code == Code.NONODE.intValue();
                            finish(
                                    result,
                                    missing ? 0 : code,
                                    path,
                                    missing ? Optional.empty() : Optional.ofNullable(stat));
                        },
                        null));
        return result;
    }

    CompletableFuture<List<String>> children(String path, @Nullable Watcher watcher) {
        CompletableFuture<List<String>> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.getChildren(
                        path,
                        watcher,
                        (int code, String p, Object context, List<String> names) -> finish(result, code, path, names),
                        null));
        return result;
    }

    CompletableFuture<String> create(String path, byte[] data, CreateMode mode) {
        CompletableFuture<String> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.create(
                        path,
                        data,
                        ACCESS,
                        mode,
                        (int code, String p, Object context, String name) -> finish(result, code, path, name),
                        null));
        return result;
    }

    CompletableFuture<Stat> write(String path, byte[] data, int version) {
        CompletableFuture<Stat> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.setData(
                        path, data, version, (code, p, context, stat) -> finish(result, code, path, stat), null));
        return result;
    }

    /** Yields false when it was not there. */
    CompletableFuture<Boolean> delete(String path, int version) {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.delete(
                        path,
                        version,
                        (code, p, context) -> {
                            boolean missing = code == Code.NONODE.intValue();
                            finish(result, missing ? 0 : code, path, !missing);
                        },
                        null));
        return result;
    }

    /** All or nothing; fails with {@link TransactionException}, which says which operation was refused. */
    CompletableFuture<List<OpResult>> transaction(List<Op> operations) {
        CompletableFuture<List<OpResult>> result = new CompletableFuture<>();
        submit(
                result,
                zk -> zk.multi(
                        operations,
                        (code, p, context, results) -> {
                            int refused = firstRefused(results);
                            if (refused >= 0) {
                                String path = operations.get(refused).getPath();
                                result.completeExceptionally(new TransactionException(
                                        refused, KeeperException.create(Code.get(code), path)));
                            } else {
                                finish(result, code, operations.get(0).getPath(), results);
                            }
                        },
                        null));
        return result;
    }

    /** Creates the node and its parents where they are missing. */
    CompletableFuture<Void> makeDirectory(String path) {
        return create(path, new byte[0], CreateMode.PERSISTENT)
                .<Void>thenApply(created -> null)
                .exceptionallyCompose(failure -> switch (codeOf(failure)) {
                    case NODEEXISTS -> CompletableFuture.completedFuture(null);
                    case NONODE ->
                        makeDirectory(path.substring(0, path.lastIndexOf('/')))
                                .thenCompose(made -> makeDirectory(path));
                    default -> CompletableFuture.failedFuture(failure);
                });
    }

    /** The session that new ephemeral nodes would belong to. */
    long sessionId() throws Exception {
        return connection.handle().getSessionId();
    }

    /** ZooKeeper's code of a failed call; SYSTEMERROR for anything that is not ZooKeeper's. */
    static Code codeOf(Throwable failure) {
        Throwable cause = causeOf(failure);
        return cause instanceof KeeperException zooKeeper ? zooKeeper.code() : Code.SYSTEMERROR;
    }

    static Throwable causeOf(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Whether nothing is known about what became of the call, because of the connection. */
    static boolean isAway(Code code) {
        return switch (code) {
            case CONNECTIONLOSS, SESSIONEXPIRED, SESSIONMOVED, OPERATIONTIMEOUT, REQUESTTIMEOUT -> true;
            default -> false;
        };
    }

    private void submit(CompletableFuture<?> result, Consumer<ZooKeeper> call) {
        try {
            call.accept(connection.handle());
        } catch (KeeperException e) {
            result.completeExceptionally(e);
        } catch (IllegalArgumentException e) {
            result.completeExceptionally(e);
        } catch (Exception e) {
            // No handle at all: Curator is between two sessions, or closed.
            KeeperException lost = new KeeperException.ConnectionLossException();
            lost.initCause(e);
            result.completeExceptionally(lost);
        }
    }

    private static <T> void finish(CompletableFuture<T> result, int code, String path, T value) {
        if (code == Code.OK.intValue()) {
            result.complete(value);
        } else {
            result.completeExceptionally(KeeperException.create(Code.get(code), path));
        }
    }

    private static int firstRefused(@Nullable List<OpResult> results) {
        for (int i = 0; results != null && i < results.size(); i++) {
            if (results.get(i) instanceof OpResult.ErrorResult error && error.getErr() != Code.OK.intValue()) {
                return i;
            }
        }
        return -1;
    }

    /** A transaction that was refused as a whole because of one of its operations. */
    static final class TransactionException extends Exception {
        final int operation;
        final Code code;

        TransactionException(int operation, KeeperException cause) {
            super(cause.getMessage(), cause);
            this.operation = operation;
            this.code = cause.code();
        }
    }
}
