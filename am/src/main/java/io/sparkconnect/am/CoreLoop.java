/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Core;
import io.sparkconnect.am.core.Event;
import io.sparkconnect.am.core.Outlook;
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
    private static final long SHOW_AT_LEAST_EVERY_MS = 100;
    private static final long STALLED_AFTER_MS = 30_000;
    private static final long LOOK_AGAIN_MS = 50;
    private static final Logger LOG = LoggerFactory.getLogger(CoreLoop.class);

    private final BlockingQueue<Event> events;
    private final Event first;
    private final Core core;
    private final Action.Performer performer;
    private final Consumer<Outlook> show;
    private final BooleanSupplier certain;
    private final LongSupplier clock;
    private volatile long turnedAtMs;

    /**
     * @param first handled before all others, which may be waiting already
     * @param events what edges fill
     * @param certain whether this attempt surely owns the service now
     * @param clock milliseconds since the epoch
     */
    CoreLoop(
            Event first,
            BlockingQueue<Event> events,
            Core core,
            Action.Performer performer,
            Consumer<Outlook> show,
            BooleanSupplier certain,
            LongSupplier clock) {
        this.first = first;
        this.events = events;
        this.core = core;
        this.performer = performer;
        this.show = show;
        this.certain = certain;
        this.clock = clock;
        this.turnedAtMs = clock.getAsLong();
    }

    /** Whether it turned lately. */
    boolean turns() {
        return clock.getAsLong() - turnedAtMs < STALLED_AFTER_MS;
    }

    @Override
    public void run() {
        perform(first, clock.getAsLong());
        long shownAtMs = 0;
        long tickedAtMs = 0;
        while (true) {
            Event event;
            try {
                event = events.poll(TICK_MS, TimeUnit.MILLISECONDS);
                awaitCertainty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            long nowMs = clock.getAsLong();
            turnedAtMs = nowMs;
            if (event != null) {
                perform(event, nowMs);
            }
            if (event == null || nowMs - tickedAtMs >= TICK_MS) {
                tickedAtMs = nowMs;
                perform(new Event.Tick(), nowMs);
            }
            if (events.isEmpty() || nowMs - shownAtMs >= SHOW_AT_LEAST_EVERY_MS) {
                shownAtMs = nowMs;
                Outlook outlook = core.outlook(nowMs);
                if (outlook != null) {
                    show.accept(outlook);
                }
            }
        }
    }

    private void awaitCertainty() throws InterruptedException {
        if (certain.getAsBoolean()) {
            return;
        }
        LOG.warn("neither the ResourceManager nor the registry confirms that this attempt owns the service: it decides"
                + " nothing until one of them does");
        while (!certain.getAsBoolean()) {
            turnedAtMs = clock.getAsLong();
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
        }
        LOG.info("this attempt owns the service still");
    }

    private void perform(Event event, long nowMs) {
        for (Action action : core.handle(event, nowMs)) {
            action.performBy(performer);
        }
    }
}
