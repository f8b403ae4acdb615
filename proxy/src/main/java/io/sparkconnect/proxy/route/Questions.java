/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Questions to the registry and to servers that are under way, each with a deadline. Confined to the core thread. */
final class Questions {
    /** Runs once on the core thread: with an answer or with a failure. */
    interface Outcome<T> {
        void accept(@Nullable T answer, @Nullable Throwable failure);
    }

    /** Runs on the core thread for an answer after the deadline. */
    interface LateAnswer<T> {
        void accept(T answer);
    }

    /** One for each question: no two are equal. */
    private static final class Open {
        private final long deadlineMs;
        private final Runnable timeOut;

        private Open(long deadlineMs, Runnable timeOut) {
            this.deadlineMs = deadlineMs;
            this.timeOut = timeOut;
        }
    }

    private final Executor core;
    private final LongSupplier clockMs;
    /** By time-out, of which there are few: of those with the same one the first to be asked is the first to expire. */
    private final Map<Long, Set<Open>> open = new HashMap<>();

    Questions(Executor core, LongSupplier clockMs) {
        this.core = core;
        this.clockMs = clockMs;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The outcome has both the answer and the failure.
    <T> void ask(
            Supplier<CompletableFuture<T>> question, long timeoutMs, Outcome<T> outcome, LateAnswer<T> lateAnswer) {
        Open entry = new Open(
                clockMs.getAsLong() + timeoutMs,
                () -> outcome.accept(null, new TimeoutException("no answer within " + timeoutMs + " ms")));
        Set<Open> alike = open.computeIfAbsent(timeoutMs, same -> new LinkedHashSet<>());
        alike.add(entry);
        begin(question)
                .whenComplete((answer, failure) -> core.execute(() -> {
                    if (alike.remove(entry)) {
                        outcome.accept(answer, failure);
                    } else if (answer != null) {
                        lateAnswer.accept(answer);
                    }
                }));
    }

    <T> void ask(Supplier<CompletableFuture<T>> question, long timeoutMs, Outcome<T> outcome) {
        ask(question, timeoutMs, outcome, late -> {});
    }

    /** Ends the questions whose deadline has passed; looks at no others. */
    void expire() {
        long now = clockMs.getAsLong();
        List<Open> expired = new ArrayList<>();
        for (Set<Open> alike : open.values()) {
            for (Iterator<Open> eldest = alike.iterator(); eldest.hasNext(); ) {
                Open entry = eldest.next();
                if (entry.deadlineMs > now) {
                    break;
                }
                eldest.remove();
                expired.add(entry);
            }
        }
        expired.forEach(entry -> entry.timeOut.run());
    }

    /** A question that cannot even be put has failed like any other. */
    private static <T> CompletableFuture<T> begin(Supplier<CompletableFuture<T>> question) {
        try {
            return question.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
