/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.agents;

import io.sparkconnect.am.core.Event;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health questions to one agent, one at a time. A question that fails is one failure. One that stays open is not given
 * up after an interval, since a server that is slow, for example in a garbage collection, may answer it still: it counts a
 * failure now and then, and all of them at its patience's end. So a server that hangs is found within {@code interval ×
 * failures}, and one that takes nearly that long for each answer is left alone.
 *
 * <p>Failures of an open question follow one another: after a pause of this process only one is due, and not all, which
 * would condemn servers that answered meanwhile. Runs on the timer's thread; answers come on others.
 */
final class AgentPoll implements AutoCloseable {
    private final String containerId;
    private final Supplier<CompletableFuture<Event>> question;
    private final Consumer<Event> events;
    private final ScheduledExecutorService timer;
    private final int failures;
    private final Duration step;
    private final ScheduledFuture<?> ticks;

    /** The last question, on the timer's thread. */
    private @Nullable CompletableFuture<Event> open;

    private volatile boolean closed;

    /**
     * Asks at once, and from then on.
     *
     * @param question asks, without blocking
     * @param timer one thread
     * @param interval between two questions
     * @param failures in a row that condemn a server
     */
    AgentPoll(
            String containerId,
            Supplier<CompletableFuture<Event>> question,
            Consumer<Event> events,
            ScheduledExecutorService timer,
            Duration interval,
            int failures) {
        this.containerId = containerId;
        this.question = question;
        this.events = events;
        this.timer = timer;
        this.failures = failures;
        this.step = patience(interval, failures).dividedBy(failures);
        this.ticks = timer.scheduleWithFixedDelay(this::ask, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How long one question may stay open: with the interval before it was asked, {@code interval × failures}. */
    static Duration patience(Duration interval, int failures) {
        return interval.multipliedBy(Math.max(1, failures - 1));
    }

    /** From now on no silence counts; a question that is under way may be answered still. */
    @Override
    public void close() {
        closed = true;
        ticks.cancel(false);
    }

    private void ask() {
        if (open != null && !open.isDone()) {
            return;
        }
        CompletableFuture<Event> asked = question.get();
        open = asked;
        var unused = asked.whenComplete((answer, failure) -> {
            if (failure == null) {
                events.accept(answer);
            } else if (!isGivenUp(failure)) {
                events.accept(new Event.PollFailed(containerId, Agents.inWords(failure)));
            }
        });
        countSilence(asked, 1);
    }

    private void countSilence(CompletableFuture<Event> asked, int nth) {
        var unused = timer.schedule(
                () -> {
                    if (asked.isDone()) {
                        return;
                    }
                    if (closed) {
                        asked.cancel(true);
                        return;
                    }
                    long silentMs = step.multipliedBy(nth).toMillis();
                    events.accept(new Event.PollFailed(
                            containerId, "no answer to its health question for " + silentMs + " ms"));
                    if (nth < failures) {
                        countSilence(asked, nth + 1);
                    } else {
                        asked.cancel(true);
                    }
                },
                step.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private static boolean isGivenUp(Throwable failure) {
        return failure instanceof CancellationException
                || (failure instanceof CompletionException && failure.getCause() instanceof CancellationException);
    }
}
