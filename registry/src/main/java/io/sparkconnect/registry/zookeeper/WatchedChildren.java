/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;

/**
 * The records below one directory, read again only where something has changed. Each read leaves a watch behind. Confined
 * to its owner's thread, on which the futures are completed too.
 *
 * @param <T> record type
 */
final class WatchedChildren<T extends Record> {
    private final AsyncZooKeeper zooKeeper;
    private final String directory;
    private final RecordReader<T> reader;
    private final Watcher watcher;
    private final Executor thread;
    /** Every child that is there, with its record; empty for one that was garbage from the beginning. */
    private final Map<String, Optional<T>> children = new HashMap<>();
    /** Children whose present content is garbage. */
    private final Set<String> unreadable = new HashSet<>();

    WatchedChildren(
            AsyncZooKeeper zooKeeper, String directory, RecordReader<T> reader, Watcher watcher, Executor thread) {
        this.zooKeeper = zooKeeper;
        this.directory = directory;
        this.reader = reader;
        this.watcher = watcher;
        this.thread = thread;
    }

    String directory() {
        return directory;
    }

    Map<String, T> records() {
        Map<String, T> records = new HashMap<>();
        children.forEach((name, record) -> record.ifPresent(good -> records.put(name, good)));
        return records;
    }

    /** Children that cannot be read now; {@link #records} has what they were before, if they ever could. */
    Set<String> unreadable() {
        return Set.copyOf(unreadable);
    }

    /** Lists anew and reads every child. */
    CompletableFuture<Void> refreshAll() {
        return list().thenComposeAsync(
                        names -> {
                            retain(names);
                            return read(new HashSet<>(names));
                        },
                        thread);
    }

    /** Lists anew; reads the children that are new and those that changed. */
    CompletableFuture<Void> refreshList(Set<String> changedPaths) {
        return list().thenComposeAsync(
                        names -> {
                            retain(names);
                            Set<String> wanted = new HashSet<>(names);
                            wanted.removeIf(name ->
                                    children.containsKey(name) && !changedPaths.contains(directory + "/" + name));
                            return read(wanted);
                        },
                        thread);
    }

    /** Reads the children that changed. */
    CompletableFuture<Void> refreshChanged(Set<String> changedPaths) {
        Set<String> wanted = new HashSet<>(children.keySet());
        wanted.removeIf(name -> !changedPaths.contains(directory + "/" + name));
        return read(wanted);
    }

    private void retain(List<String> names) {
        Set<String> present = new HashSet<>(names);
        children.keySet().removeIf(name -> {
            boolean gone = !present.contains(name);
            if (gone) {
                forget(name);
            }
            return gone;
        });
    }

    private CompletableFuture<List<String>> list() {
        return zooKeeper.children(directory, watcher).exceptionallyCompose(failure -> {
            if (AsyncZooKeeper.codeOf(failure) != Code.NONODE) {
                return failedFuture(failure);
            }
            // A listing that fails leaves no watch, so that the directory's own creation has to be waited for.
            return zooKeeper
                    .exists(directory, watcher)
                    .thenCompose(stat -> stat.isPresent() ? list() : completedFuture(List.of()));
        });
    }

    private CompletableFuture<Void> read(Set<String> names) {
        CompletableFuture<?>[] reads = names.stream().map(this::read).toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(reads);
    }

    private CompletableFuture<Void> read(String name) {
        String path = directory + "/" + name;
        return zooKeeper
                .read(path, watcher)
                .thenApply(Optional::of)
                .exceptionallyCompose(failure -> AsyncZooKeeper.codeOf(failure) == Code.NONODE
                        ? completedFuture(Optional.<Node>empty())
                        : failedFuture(failure))
                .thenAcceptAsync(
                        node -> {
                            if (node.isPresent()) {
                                take(name, reader.read(path, node.get()));
                            } else {
                                children.remove(name);
                                forget(name);
                            }
                        },
                        thread);
    }

    /** Garbage tells nothing: what its node said before holds until it says something else or is gone. */
    private void take(String name, Optional<T> record) {
        if (record.isPresent()) {
            unreadable.remove(name);
            children.put(name, record);
        } else {
            unreadable.add(name);
            children.putIfAbsent(name, record);
        }
    }

    private void forget(String name) {
        unreadable.remove(name);
        reader.forget(directory + "/" + name);
    }
}
