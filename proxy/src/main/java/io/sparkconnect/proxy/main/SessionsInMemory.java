/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.main;

import io.sparkconnect.proxy.route.Backend;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bindings of a proxy that stands alone: they last as long as its process. Those of the process before are found again by
 * asking the servers, as long as a session of that time can live. Thread-safe.
 */
final class SessionsInMemory implements SessionTable {
    private static final Logger log = LoggerFactory.getLogger(SessionsInMemory.class);

    private final Map<SessionKey, SessionBinding> bindings = new ConcurrentHashMap<>();
    private final Function<SessionKey, CompletableFuture<Optional<Backend>>> search;
    private final long searchUntilMs;
    private final LongSupplier clockMs;

    /**
     * @param search asks the servers who holds a session
     * @param searchUntilMs when the last session has expired that may be older than this process
     */
    SessionsInMemory(
            Function<SessionKey, CompletableFuture<Optional<Backend>>> search,
            long searchUntilMs,
            LongSupplier clockMs) {
        this.search = search;
        this.searchUntilMs = searchUntilMs;
        this.clockMs = clockMs;
    }

    @Override
    public CompletableFuture<Optional<SessionBinding>> find(SessionKey key) {
        SessionBinding known = bindings.get(key);
        if (known != null || clockMs.getAsLong() >= searchUntilMs) {
            return CompletableFuture.completedFuture(Optional.ofNullable(known));
        }
        return search.apply(key).thenApply(found -> found.map(server -> keep(key, server.serverId())));
    }

    private SessionBinding keep(SessionKey key, String serverId) {
        log.info("session={} server={} was placed by the process before: found by asking", key, serverId);
        long now = clockMs.getAsLong();
        SessionBinding binding = new SessionBinding(key.userId(), key.sessionId(), serverId, now, now);
        SessionBinding before = bindings.putIfAbsent(key, binding);
        return before == null ? binding : before;
    }

    @Override
    public CompletableFuture<SessionBinding> bindIfAbsent(SessionBinding proposed) {
        SessionKey key = new SessionKey(proposed.userId(), proposed.sessionId());
        SessionBinding before = bindings.putIfAbsent(key, proposed);
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
        SessionBinding used = bindings.computeIfPresent(
                key,
                (same, binding) -> new SessionBinding(
                        binding.userId(), binding.sessionId(), binding.serverId(), binding.createdAtMs(), lastUseMs));
        return CompletableFuture.completedFuture(used != null);
    }

    @Override
    public void close() {
        bindings.clear();
    }
}
