/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Bindings of a proxy that stands alone: they last as long as its process. Thread-safe. */
final class SessionsInMemory implements SessionTable {
    private final Map<SessionKey, SessionBinding> bindings = new ConcurrentHashMap<>();

    @Override
    public CompletableFuture<Optional<SessionBinding>> find(SessionKey key) {
        return CompletableFuture.completedFuture(Optional.ofNullable(bindings.get(key)));
    }

    @Override
    public CompletableFuture<SessionBinding> bindIfAbsent(SessionBinding proposed) {
        SessionBinding before = bindings.putIfAbsent(proposed.key(), proposed);
        return CompletableFuture.completedFuture(before == null ? proposed : before);
    }

    @Override
    public CompletableFuture<Boolean> release(SessionKey key, String serverId) {
        SessionBinding left = bindings.computeIfPresent(
                key, (same, binding) -> binding.serverId().equals(serverId) ? null : binding);
        return CompletableFuture.completedFuture(left == null);
    }

    @Override
    public CompletableFuture<Boolean> touch(SessionKey key, long lastUseMs) {
        SessionBinding used = bindings.computeIfPresent(key, (same, binding) -> binding.usedAt(lastUseMs));
        return CompletableFuture.completedFuture(used != null);
    }

    @Override
    public void close() {
        bindings.clear();
    }
}
