/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Core;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.am.core.SteadyClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread, {@code am-core}, that owns the core: takes events from one queue, has the actions performed, and shows
 * the outlook. An exception here ends the process. While this attempt cannot be certain that it owns the service, it
 * decides nothing: events wait.
 */
final class CoreLoop implements Runnable {
    private static final long TICK_MS = 200;
    private static final Duration STALLED_AFTER = Duration.ofSeconds(30);
    private static final long LOOK_AGAIN_MS = 50;
    private static final Logger LOG = LoggerFactory.getLogger(CoreLoop.class);

    private final BlockingQueue<Event> events;
    private final Event first;
    private final Core core;
    private final Action.Performer performer;
    private final Consumer<Outlook> show;
    private final BooleanSupplier certain;
    private final LongSupplier wallClock;
    private final LongSupplier nanoTime;
    private final SteadyClock clock;
    private volatile long turnedAtNanos;

    /**
     * @param first handled before all others, which may be waiting already
     * @param events what edges fill
     * @param certain whether this attempt surely owns the service now
     * @param wallClock milliseconds since the epoch; it may jump
     * @param nanoTime as {@link System#nanoTime}
     */
    CoreLoop(
            Event first,
            BlockingQueue<Event> events,
            Core core,
            Action.Performer performer,
            Consumer<Outlook> show,
            BooleanSupplier certain,
            LongSupplier wallClock,
            LongSupplier nanoTime) {
        this.first = first;
        this.events = events;
        this.core = core;
        this.performer = performer;
        this.show = show;
        this.certain = certain;
        this.wallClock = wallClock;
        this.nanoTime = nanoTime;
        this.clock = new SteadyClock(wallClock, nanoTime);
        this.turnedAtNanos = nanoTime.getAsLong();
    }

    /** Whether it turned lately. */
    boolean turns() {
        return nanoTime.getAsLong() - turnedAtNanos < STALLED_AFTER.toNanos();
    }

    @Override
    public void run() {
        perform(List.of(first), clock.getAsLong());
        while (true) {
            List<Event> happened;
            try {
                happened = await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            long nowMs = clock.getAsLong();
            turnedAtNanos = nanoTime.getAsLong();
            perform(happened, nowMs);
            Outlook outlook = core.outlook(nowMs, wallClock.getAsLong());
            if (outlook != null) {
                show.accept(outlook);
            }
        }
    }

    /**
     * All that has happened by the time that this attempt may act. What waited in the meantime is taken in together, before
     * anything is decided: the word that a server is ready may stand behind one by which it would have been given up.
     */
    private List<Event> await() throws InterruptedException {
        Event next = events.poll(TICK_MS, TimeUnit.MILLISECONDS);
        List<Event> happened = new ArrayList<>();
        happened.add(next == null ? new Event.Tick() : next);
        if (!certain.getAsBoolean()) {
            happened = awaitCertainty(happened);
        }
        events.drainTo(happened);
        return happened;
    }

    /** What happened before and while it waited. Both witnesses may be away for hours, while servers are asked on. */
    private List<Event> awaitCertainty(List<Event> before) throws InterruptedException {
        WaitingEvents waiting = new WaitingEvents();
        before.forEach(waiting::add);
        LOG.warn("neither the ResourceManager nor the registry confirms that this attempt owns the service: it decides"
                + " nothing until one of them does");
        while (!certain.getAsBoolean()) {
            turnedAtNanos = nanoTime.getAsLong();
            clock.getAsLong();
            Event next = events.poll(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS);
            if (next != null) {
                waiting.add(next);
            }
        }
        LOG.info("this attempt owns the service still; {} events waited", waiting.size());
        return waiting.inOrder();
    }

    private void perform(List<Event> happened, long nowMs) {
        for (Action action : core.handle(happened, nowMs)) {
            action.performBy(performer);
        }
    }
}
