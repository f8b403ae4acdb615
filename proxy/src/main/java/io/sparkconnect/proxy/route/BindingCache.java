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
            add(previous.serverId, -1);
        }
        add(binding.serverId, 1);
    }

    /** Removes exactly this binding. */
    boolean remove(Binding binding) {
        boolean removed = bindings.remove(binding.key, binding);
        if (removed) {
            add(binding.serverId, -1);
        }
        return removed;
    }

    private void add(String serverId, int change) {
        perServer.merge(serverId, change, (a, b) -> a + b == 0 ? null : a + b);
    }
}
