/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.relay;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks over all client connections of a loop now and then: those that nobody uses are asked to end, and while the engine
 * keeps as much as it may, the streams of which nobody reads are given up. Two timers for all of them together; confined to
 * its loop.
 */
final class FrontSweep {
    private static final Logger log = LoggerFactory.getLogger(FrontSweep.class);

    private static final Duration LEAST_PERIOD = Duration.ofMillis(20);
    private static final Duration MOST_PERIOD = Duration.ofSeconds(1);

    /** After so many looks that found no room, streams are given up of which somebody reads, but not enough. */
    private static final int PATIENCE = 10;

    private final EngineContext context;
    private final Set<FrontConnection> fronts;
    private final Duration idlePeriod;
    private final List<Future<?>> timers = new ArrayList<>(2);
    private int looksWithoutRoom;

    /** @param fronts the loop's connections, while they are open */
    FrontSweep(EngineContext context, Set<FrontConnection> fronts) {
        this.context = context;
        this.fronts = fronts;
        this.idlePeriod = Stream.of(
                        context.limits().firstRequestTimeout(), context.limits().idleTimeout())
                .filter(timeout -> !timeout.isZero())
                .map(timeout -> timeout.dividedBy(4))
                .filter(quarter -> quarter.compareTo(MOST_PERIOD) < 0)
                .min(Comparator.naturalOrder())
                .map(quarter -> quarter.compareTo(LEAST_PERIOD) < 0 ? LEAST_PERIOD : quarter)
                .orElse(MOST_PERIOD);
    }

    /** From any thread, once. */
    FrontSweep startOn(EventLoop loop) {
        every(idlePeriod, loop, this::lookForIdle);
        every(context.limits().unreadTime(), loop, this::lookForUnread);
        return this;
    }

    private void every(Duration period, EventLoop loop, Runnable look) {
        timers.add(loop.scheduleWithFixedDelay(
                () -> safely(look), period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS));
    }

    /** A look that throws would be the last one. */
    private static void safely(Runnable look) {
        try {
            look.run();
        } catch (RuntimeException e) {
            log.error("a look over the client connections ended by our own mistake", e);
        }
    }

    void stop() {
        timers.forEach(timer -> timer.cancel(false));
    }

    /** What their streams have written waits in the socket: there is no stream to give up any more. */
    private void cutUntilThereIsRoom(List<FrontConnection> deaf) {
        for (FrontConnection front : deaf) {
            if (context.buffered().hasRoomAgain()) {
                return;
            }
            front.cutDeaf();
        }
    }

    private void lookForIdle() {
        List.copyOf(fronts).forEach(front -> front.onIdleLook(idlePeriod));
    }

    private void lookForUnread() {
        if (context.buffered().isFull()) {
            List<FrontStream> candidates = candidates();
            List<FrontConnection> deaf =
                    fronts.stream().filter(FrontConnection::isDeaf).toList();
            // The first look only begins to watch: whoever is stuck at the second was so for a whole period.
            if (++looksWithoutRoom > 1) {
                giveUpUntilThereIsRoom(candidates);
                cutUntilThereIsRoom(deaf);
            }
        } else {
            looksWithoutRoom = 0;
        }
    }

    /** Those that keep more than a little, the largest first. */
    private List<FrontStream> candidates() {
        List<FrontStream> found = new ArrayList<>();
        for (FrontConnection front : fronts) {
            for (FrontStream stream : front.streams.values()) {
                boolean stuck = stream.isStuck();
                if (stream.held() > BufferedBytes.LITTLE && (stuck || looksWithoutRoom > PATIENCE)) {
                    found.add(stream);
                }
            }
        }
        found.sort(Comparator.comparingInt(FrontStream::held).reversed());
        return found;
    }

    private void giveUpUntilThereIsRoom(List<FrontStream> streams) {
        for (FrontStream stream : streams) {
            if (context.buffered().hasRoomAgain()) {
                return;
            }
            stream.own().giveUp();
        }
    }
}
