/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.OperatorRegistry;
import io.sparkconnect.registry.RegistryAwayException;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the wish that sessions end for the proxies to obey, and waits for their bindings to be gone. */
final class KillSequence {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final Surroundings surroundings;
    private final OperatorRegistry registry;

    KillSequence(Surroundings surroundings, OperatorRegistry registry) {
        this.surroundings = surroundings;
        this.registry = registry;
    }

    /**
     * @param sessions at least one
     * @param keep older wishes are forgotten
     */
    void write(List<SessionBinding> sessions, String by, @Nullable String reason, Duration keep)
            throws RegistryAwayException, InterruptedException {
        long nowMs = surroundings.clock().millis();
        for (SessionKill part : SessionKill.of(sessions, nowMs, by, reason)) {
            registry.writeKill(part);
        }
        for (SessionKill old : registry.readKills()) {
            if (nowMs - old.atMs() > keep.toMillis()) {
                registry.removeKill(old.killId());
            }
        }
        if (registry.readProxies().isEmpty()) {
            surroundings
                    .terminal()
                    .warn("no proxy is registered: what runs is ended when one is there again; until then it goes on");
        }
    }

    /** @throws CommandException when some are still bound at the end of patience */
    String await(List<SessionBinding> sessions, Duration patience) throws CommandException, InterruptedException {
        Map<Integer, Set<SessionKey>> left = new HashMap<>();
        for (SessionBinding session : sessions) {
            left.computeIfAbsent(bucket(key(session)), bucket -> new HashSet<>())
                    .add(key(session));
        }
        Progress progress = new Progress(surroundings.terminal(), surroundings.clock());
        while (true) {
            String waitsFor = "the proxies";
            try {
                forgetThoseGone(left);
                if (left.isEmpty()) {
                    return InWords.count(sessions.size(), "session") + " ended";
                }
                int count = left.values().stream().mapToInt(Set::size).sum();
                waitsFor = "the proxies to end " + InWords.count(count, "session");
            } catch (RegistryAwayException e) {
                waitsFor = "ZooKeeper: " + InWords.oneLine(e.getMessage(), 200);
            }
            if (progress.elapsed().compareTo(patience) >= 0) {
                throw new CommandException(
                        ExitCode.TIMED_OUT,
                        List.of(
                                "not ended within " + InWords.age(patience) + ": waits for " + waitsFor,
                                "they are refused all the same wherever a proxy has seen it (see its log)"),
                        null);
            }
            progress.show("waits for " + waitsFor);
            surroundings.pause().sleep(LOOK_AGAIN);
        }
    }

    private void forgetThoseGone(Map<Integer, Set<SessionKey>> left)
            throws RegistryAwayException, InterruptedException {
        for (Integer bucket : List.copyOf(left.keySet())) {
            Set<SessionKey> bound = new HashSet<>();
            registry.readSessions(bucket).forEach(binding -> bound.add(key(binding)));
            Set<SessionKey> still = left.getOrDefault(bucket, Set.of());
            still.retainAll(bound);
            if (still.isEmpty()) {
                left.remove(bucket);
            }
        }
    }

    private static SessionKey key(SessionBinding binding) {
        return new SessionKey(binding.userId(), binding.sessionId());
    }

    private static int bucket(SessionKey key) {
        return Integer.parseInt(key.hash().substring(0, 2), 16);
    }
}
