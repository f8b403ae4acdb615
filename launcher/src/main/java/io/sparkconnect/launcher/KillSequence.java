/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.Waiting.Seen;
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
    private final Surroundings surroundings;
    private final OperatorRegistry registry;

    KillSequence(Surroundings surroundings, OperatorRegistry registry) {
        this.surroundings = surroundings;
        this.registry = registry;
    }

    /** @param sessions at least one */
    void write(List<SessionBinding> sessions, String by, @Nullable String reason)
            throws RegistryAwayException, InterruptedException {
        long nowMs = surroundings.clock().millis();
        for (SessionKill part : SessionKill.of(sessions, nowMs, by, reason)) {
            registry.writeKill(part);
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
            SessionKey key = session.key();
            left.computeIfAbsent(key.bucket(), bucket -> new HashSet<>()).add(key);
        }
        return new Waiting(surroundings, patience)
                .until(
                        () -> {
                            forgetThoseGone(left);
                            if (left.isEmpty()) {
                                return Seen.reached(InWords.count(sessions.size(), "session") + " ended");
                            }
                            int count =
                                    left.values().stream().mapToInt(Set::size).sum();
                            return Seen.notYet("the proxies to end " + InWords.count(count, "session"));
                        },
                        "not ended",
                        "they are refused all the same wherever a proxy has seen it (see its log)");
    }

    private void forgetThoseGone(Map<Integer, Set<SessionKey>> left)
            throws RegistryAwayException, InterruptedException {
        for (Integer bucket : List.copyOf(left.keySet())) {
            Set<SessionKey> bound = new HashSet<>();
            registry.readSessions(bucket).forEach(binding -> bound.add(binding.key()));
            Set<SessionKey> still = left.getOrDefault(bucket, Set.of());
            still.retainAll(bound);
            if (still.isEmpty()) {
                left.remove(bucket);
            }
        }
    }
}
