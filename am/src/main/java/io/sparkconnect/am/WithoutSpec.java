/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.core.ContainerGrant;
import io.sparkconnect.am.core.Event;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wait of an attempt that finds no spec that it could follow, neither in the registry nor kept by an earlier attempt.
 * It keeps the application alive while containers of it run: their servers serve, and somebody can write a spec again.
 * Confined to the thread that waits.
 */
final class WithoutSpec {
    /** Nodes tell a restarted ResourceManager of their containers only after a while. */
    private static final Duration LATE_CONTAINERS = Duration.ofMinutes(2);

    private static final Duration SAYS_SO_EVERY = Duration.ofMinutes(1);
    private static final Logger LOG = LoggerFactory.getLogger(WithoutSpec.class);

    private final int attempt;
    private final BlockingQueue<Event> events;
    private final LongSupplier nanoTime;
    private final Set<String> running = new TreeSet<>();
    private long changedAtNanos;
    private long saidAtNanos;

    /** Whether there is a spec again. */
    interface Question {
        boolean ask() throws InterruptedException;
    }

    /**
     * @param running containers of earlier attempts, as YARN told when this one registered
     * @param events what it tells from now on
     * @param nanoTime as {@link System#nanoTime}
     */
    WithoutSpec(int attempt, List<ContainerGrant> running, BlockingQueue<Event> events, LongSupplier nanoTime) {
        this.attempt = attempt;
        this.events = events;
        this.nanoTime = nanoTime;
        running.forEach(container -> this.running.add(container.containerId()));
        this.changedAtNanos = nanoTime.getAsLong();
        this.saidAtNanos = changedAtNanos - SAYS_SO_EVERY.toNanos();
    }

    /** Yields whether there is a spec again; otherwise nothing of the service runs, and it may end. */
    boolean untilNothingRunsOr(Question specIsBack) throws InterruptedException {
        while (!mayEnd()) {
            if (specIsBack.ask()) {
                return true;
            }
            say();
            Event event = events.poll(1, TimeUnit.SECONDS);
            if (event != null) {
                takeIn(event);
            }
        }
        return false;
    }

    /** A first attempt has left nothing anywhere. */
    private boolean mayEnd() {
        return running.isEmpty()
                && (attempt == 1 || nanoTime.getAsLong() - changedAtNanos >= LATE_CONTAINERS.toNanos());
    }

    private void takeIn(Event event) {
        boolean changed = false;
        if (event instanceof Event.LateContainers late) {
            for (ContainerGrant container : late.containers()) {
                changed |= running.add(container.containerId());
            }
        } else if (event instanceof Event.Completed completed) {
            changed = running.remove(completed.containerId());
        }
        if (changed) {
            changedAtNanos = nanoTime.getAsLong();
        }
    }

    private void say() {
        long now = nanoTime.getAsLong();
        if (now - saidAtNanos >= SAYS_SO_EVERY.toNanos()) {
            saidAtNanos = now;
            LOG.error(
                    "{} containers of the service run and nobody minds them: waits for a spec in the registry; `yarn"
                            + " application -kill` ends them",
                    running.size());
        }
    }
}
