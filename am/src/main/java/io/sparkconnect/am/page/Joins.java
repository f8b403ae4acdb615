/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.JoinRequest;
import io.sparkconnect.am.core.JoinVerdict;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Carries join requests to the core and its verdicts back. Thread-safe. */
public final class Joins {
    private final Consumer<Event> events;
    private final Duration patience;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<JoinVerdict>> waiting = new ConcurrentHashMap<>();

    /** @param patience how long the core may take; after that the agent shall come again */
    public Joins(Consumer<Event> events, Duration patience) {
        this.events = events;
        this.patience = patience;
    }

    /** Blocks until the core has decided. */
    public JoinVerdict ask(JoinRequest request) throws InterruptedException {
        long id = ids.incrementAndGet();
        CompletableFuture<JoinVerdict> verdict = new CompletableFuture<>();
        waiting.put(id, verdict);
        try {
            events.accept(new Event.Joined(id, request));
            return verdict.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return JoinVerdict.NOT_YET;
        } catch (ExecutionException e) {
            throw new IllegalStateException("verdicts do not fail", e);
        } finally {
            waiting.remove(id);
        }
    }

    public void answer(long id, JoinVerdict verdict) {
        CompletableFuture<JoinVerdict> asked = waiting.get(id);
        if (asked != null) {
            asked.complete(verdict);
        }
    }
}
