/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The shared table in memory; several routers may use it. It can be away (every question fails) and slow (answers are kept
 * back until {@link #answerAll}; the change itself is made when the answer is given).
 */
final class FakeSessionTable implements SessionTable {
    final Map<SessionKey, SessionBinding> bindings = new ConcurrentHashMap<>();
    /** Bindings that are there, but cannot be read. */
    final Set<SessionKey> spoilt = new HashSet<>();

    final List<String> calls = new ArrayList<>();
    private final Queue<Runnable> keptBack = new ArrayDeque<>();
    private boolean away;
    private boolean slow;

    void away(boolean now) {
        away = now;
    }

    void slow(boolean now) {
        slow = now;
    }

    void answerAll() {
        Runnable next;
        while ((next = keptBack.poll()) != null) {
            next.run();
        }
    }

    /** The server that a session is bound to; "none" when it is not. */
    String serverOf(SessionKey key) {
        SessionBinding binding = bindings.get(key);
        return binding == null ? "none" : binding.serverId();
    }

    void put(SessionKey key, String serverId, long lastUseMs) {
        bindings.put(key, new SessionBinding(key.userId(), key.sessionId(), serverId, lastUseMs, lastUseMs));
    }

    @Override
    public CompletableFuture<Optional<SessionBinding>> find(SessionKey key) {
        if (spoilt.contains(key)) {
            return CompletableFuture.failedFuture(new RegistryDataException("the test has spoilt it", null));
        }
        return answer("find", () -> Optional.ofNullable(bindings.get(key)));
    }

    @Override
    public CompletableFuture<SessionBinding> bindIfAbsent(SessionBinding proposed) {
        SessionKey key = new SessionKey(proposed.userId(), proposed.sessionId());
        return answer("bind", () -> {
            SessionBinding present = bindings.putIfAbsent(key, proposed);
            return present == null ? proposed : present;
        });
    }

    @Override
    public CompletableFuture<Boolean> release(SessionKey key, String serverId) {
        return answer("release", () -> {
            SessionBinding present = bindings.get(key);
            return present != null && present.serverId().equals(serverId) && bindings.remove(key, present);
        });
    }

    @Override
    public CompletableFuture<Boolean> touch(SessionKey key, long lastUseMs) {
        return answer("touch", () -> bindings.computeIfPresent(key, (k, b) -> b.usedAt(lastUseMs)) != null);
    }

    @Override
    public CompletableFuture<List<SessionBinding>> inBucket(int bucket) {
        return answer(
                "list",
                () -> bindings.entrySet().stream()
                        .filter(entry -> Integer.parseInt(entry.getKey().hash().substring(0, 2), 16) == bucket)
                        .map(Map.Entry::getValue)
                        .toList());
    }

    @Override
    public void close() {}

    private synchronized void count(String call) {
        calls.add(call);
    }

    private <T> CompletableFuture<T> answer(String call, Supplier<T> change) {
        count(call);
        CompletableFuture<T> answer = new CompletableFuture<>();
        Runnable give = () -> {
            if (away) {
                answer.completeExceptionally(new RegistryAwayException("the test says that it is away", null));
            } else {
                answer.complete(change.get());
            }
        };
        if (slow) {
            keptBack.add(give);
        } else {
            give.run();
        }
        return answer;
    }
}
