/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Bindings and releases that the registry could not be told; written down when it is back. Confined to the core thread. */
final class WriteBehind {
    private static final Logger LOG = LoggerFactory.getLogger(WriteBehind.class);

    private static final int MAX_IN_FLIGHT = 64;
    private static final long PAUSE_AFTER_FAILURE_MS = 1000;

    private final RouterState state;
    private final Map<SessionKey, Binding> unwritten = new LinkedHashMap<>();
    private final Map<SessionKey, String> unreleased = new LinkedHashMap<>();
    private final Set<SessionKey> beingWritten = new HashSet<>();
    private int inFlight;
    private long pausedUntilMs;

    /** Read by the admin port. */
    private volatile int size;

    WriteBehind(RouterState state) {
        this.state = state;
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return unwritten.size() + unreleased.size() + inFlight >= state.settings.maxUnwritten();
    }

    /** Keeps a binding to be written; the caller has asked {@link #isFull}. */
    void add(Binding binding) {
        unreleased.remove(binding.key);
        unwritten.put(binding.key, binding);
        pausedUntilMs = state.now() + PAUSE_AFTER_FAILURE_MS;
        updateSize();
    }

    /** Keeps a binding that could not be kept before, because there was no room, when there is some by now. */
    void addLeftOut(Binding binding) {
        if (!isFull() && !beingWritten.contains(binding.key) && unwritten.putIfAbsent(binding.key, binding) == null) {
            LOG.debug("session={} its binding is written after all", binding.key);
            updateSize();
        }
    }

    /** Keeps a release to be made. When there is no room it is left to the idle expiry. */
    void addRelease(SessionKey key, String serverId) {
        if (!isFull()) {
            unreleased.put(key, serverId);
            pausedUntilMs = state.now() + PAUSE_AFTER_FAILURE_MS;
            updateSize();
        }
    }

    /** The session ended before its binding was written. */
    void forget(Binding binding) {
        unwritten.remove(binding.key, binding);
        updateSize();
    }

    /** Writes what can be written now. */
    void flush() {
        if (!state.fleet.connected() || state.now() < pausedUntilMs) {
            return;
        }
        for (Iterator<Binding> all = unwritten.values().iterator(); all.hasNext() && inFlight < MAX_IN_FLIGHT; ) {
            Binding binding = all.next();
            all.remove();
            write(binding);
        }
        for (Iterator<Map.Entry<SessionKey, String>> all = unreleased.entrySet().iterator();
                all.hasNext() && inFlight < MAX_IN_FLIGHT; ) {
            Map.Entry<SessionKey, String> release = all.next();
            all.remove();
            release(release.getKey(), release.getValue());
        }
        updateSize();
    }

    /** What the registry says holds, whatever was decided while it was away. */
    void obey(SessionKey key, SessionBinding winner) {
        Binding known = state.bindings.get(key);
        if (known == null) {
            return;
        }
        if (known.serverId.equals(winner.serverId())) {
            known.written = true;
            known.recordedUseMs = winner.lastUseMs();
            unwritten.remove(key, known);
        } else if (!known.written) {
            LOG.warn(
                    "session={} server={} was placed while ZooKeeper was away, but another proxy had bound it to "
                            + "server={}: that binding holds",
                    key,
                    known.serverId,
                    winner.serverId());
            state.count(RouterEvent.BINDING_CONFLICTS);
            unwritten.remove(key, known);
            Binding obeyed = Binding.of(key, winner, state.clock);
            obeyed.use(known.lastUseMs);
            state.bind(obeyed);
        }
        updateSize();
    }

    private void write(Binding binding) {
        inFlight++;
        beingWritten.add(binding.key);
        SessionBinding record = binding.record(state.clock);
        state.questions.ask(
                () -> state.table.bindIfAbsent(record),
                state.registryPatienceMs(),
                (winner, failure) -> {
                    inFlight--;
                    beingWritten.remove(binding.key);
                    if (winner != null) {
                        obey(binding.key, winner);
                    } else if (state.bindings.get(binding.key) == binding) {
                        LOG.debug("session={} its binding is still unwritten", binding.key, failure);
                        add(binding);
                    }
                    updateSize();
                },
                late -> obey(binding.key, late));
    }

    private void release(SessionKey key, String serverId) {
        inFlight++;
        state.questions.ask(
                () -> state.table.release(key, serverId), state.registryPatienceMs(), (released, failure) -> {
                    inFlight--;
                    if (failure != null && state.bindings.get(key) == null) {
                        addRelease(key, serverId);
                    }
                    updateSize();
                });
    }

    private void updateSize() {
        size = unwritten.size() + unreleased.size() + inFlight;
    }
}
