/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Refuses the streams that have waited for as long as they may. Confined to the core thread. */
final class OverdueStreams {
    private final RouterState state;
    private final Answers answers;
    private final Inquiry inquiry;
    private final HeldStreams held;
    private final ResolutionSteps steps;

    OverdueStreams(RouterState state, Answers answers, Inquiry inquiry, HeldStreams held, ResolutionSteps steps) {
        this.state = state;
        this.answers = answers;
        this.inquiry = inquiry;
        this.held = held;
        this.steps = steps;
    }

    /** To be called several times a second. */
    void refuse() {
        refuseWaitingForTheirSearch();
        if (!held.isEmpty()) {
            refuseHeld();
        }
    }

    /** So many came before that nobody could be asked in the time that a stream waits for a server. */
    private void refuseWaitingForTheirSearch() {
        long now = state.now();
        for (Resolution resolution : inquiry.waiting()) {
            for (Waiter waiter : resolution.waiters()) {
                if (now - waiter.sinceMs >= state.settings.hold(waiter.method).toMillis()) {
                    resolution.remove(waiter);
                    answers.refuse(waiter, answers::searchOverdue);
                }
            }
            if (resolution.isEmpty()) {
                steps.end(resolution);
            }
        }
    }

    private void refuseHeld() {
        long now = state.now();
        Map<String, Seats.Shortage> shortages = new HashMap<>();
        Function<String, Seats.Shortage> shortageOf =
                pool -> shortages.computeIfAbsent(pool, name -> state.seats.shortage(state.fleet, name, now));
        held.overdue(shortageOf, resolution -> {
            String pool = resolution.pool;
            Seats.Shortage shortage = shortageOf.apply(pool);
            for (Waiter waiter : resolution.waiters()) {
                if (held.isOverdue(waiter, pool, shortage, now)) {
                    resolution.remove(waiter);
                    answers.refuse(waiter, () -> switch (shortage) {
                        case NO_SERVER -> answers.noServer(pool);
                        case ALL_FULL -> answers.poolFull(pool);
                    });
                }
            }
            if (resolution.isEmpty()) {
                steps.end(resolution);
            } else {
                held.recount(resolution);
            }
        });
    }
}
