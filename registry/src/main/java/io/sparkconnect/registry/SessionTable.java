/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Where bindings of sessions to servers are kept, shared by all proxies. Every method returns at once; the futures are
 * completed on a thread of the table's own, so hand over before touching confined state. They fail with
 * {@link RegistryAwayException} when the store does not answer; nothing is cached here.
 */
public interface SessionTable extends AutoCloseable {
    /**
     * The session's binding. Fails with {@link RegistryDataException} when there is one that cannot be read: the session has
     * a server then, though the table cannot say which.
     */
    CompletableFuture<Optional<SessionBinding>> find(SessionKey key);

    /**
     * Creates the binding unless there is one: the first proxy wins. Yields the binding that holds from now on. One that
     * cannot be read holds nobody and is replaced.
     */
    CompletableFuture<SessionBinding> bindIfAbsent(SessionBinding proposed);

    /** Removes the binding if it is to this server. Yields whether it was removed; a missing one is not an error. */
    CompletableFuture<Boolean> release(SessionKey key, String serverId);

    /**
     * Notes a use; fields that other versions wrote are kept. A missing binding is not an error and stays missing. Yields
     * whether there is one.
     */
    CompletableFuture<Boolean> touch(SessionKey key, long lastUseMs);

    /** Into how many parts {@link #inBucket} divides the table. */
    int BUCKETS = 256;

    /**
     * One part of the table, for who looks after all of it bit by bit: idle bindings that no living proxy remembers. Empty
     * where a table needs no such care.
     *
     * @param bucket 0 to {@link #BUCKETS} - 1
     */
    default CompletableFuture<List<SessionBinding>> inBucket(int bucket) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    void close();
}
