/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The bindings that this proxy knows. Read by every event loop without a lock; changed by the core thread only.
 */
final class BindingCache {
    private final ConcurrentMap<SessionKey, Binding> bindings = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Integer> perServer = new ConcurrentHashMap<>();
    /** How many users have a session of that id; sessions without a user do not count. The core thread's. */
    private final Map<String, Integer> users = new HashMap<>();

    @Nullable
    Binding get(SessionKey key) {
        return bindings.get(key);
    }

    /** Sessions known to be on this server. */
    int count(String serverId) {
        return perServer.getOrDefault(serverId, 0);
    }

    /** Sessions by server; not those whose server is gone and forgotten. */
    Map<String, Integer> countByServer() {
        Map<String, Integer> counts = new HashMap<>(perServer);
        counts.remove(Binding.LOST);
        return counts;
    }

    int size() {
        return bindings.size();
    }

    Collection<Binding> all() {
        return bindings.values();
    }

    void put(Binding binding) {
        Binding previous = bindings.put(binding.key, binding);
        if (previous != null) {
            add(perServer, previous.serverId, -1);
        } else {
            countUser(binding, 1);
        }
        add(perServer, binding.serverId, 1);
    }

    /** Whether some user has a session of that id. On the core thread. */
    boolean hasUser(String sessionId) {
        return users.containsKey(sessionId);
    }

    /** Removes exactly this binding. */
    boolean remove(Binding binding) {
        boolean removed = bindings.remove(binding.key, binding);
        if (removed) {
            add(perServer, binding.serverId, -1);
            countUser(binding, -1);
        }
        return removed;
    }

    private void countUser(Binding binding, int change) {
        if (!binding.key.userId().isEmpty()) {
            add(users, binding.key.sessionId(), change);
        }
    }

    private static void add(Map<String, Integer> counts, String name, int change) {
        counts.merge(name, change, (a, b) -> a + b == 0 ? null : a + b);
    }
}
