/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The search for one session at many servers; the first that has it ends it. Confined to the core thread. */
final class LocateSearch {
    /** How a search ended. */
    sealed interface Result {
        record Found(String serverId) implements Result {}

        /** Every server said no. */
        record Nowhere() implements Result {}

        /** Nobody said yes, and some said nothing. */
        record Unsure(int silent) implements Result {}
    }

    final SessionKey session;
    private final Iterator<Backend> unasked;
    private final Predicate<Backend> mayBeAsked;
    private final Consumer<Result> done;
    private int outstanding;
    private int silent;
    private boolean ended;

    /**
     * @param servers in the order in which they are asked
     * @param mayBeAsked looked at when it is a server's turn; who may not counts as silent
     * @param done runs once
     */
    LocateSearch(SessionKey session, List<Backend> servers, Predicate<Backend> mayBeAsked, Consumer<Result> done) {
        this.session = session;
        this.unasked = List.copyOf(servers).iterator();
        this.mayBeAsked = mayBeAsked;
        this.done = done;
    }

    /** Who is to be asked next, and counts as asked; null when nobody needs to be asked any more. */
    @Nullable
    Backend next() {
        while (!ended && unasked.hasNext()) {
            Backend server = unasked.next();
            if (mayBeAsked.test(server)) {
                outstanding++;
                return server;
            }
            silent++;
        }
        return null;
    }

    void answered(Backend server, LocateProbe.Verdict verdict) {
        outstanding--;
        switch (verdict) {
            case HERE -> end(new Result.Found(server.serverId()));
            case NOT_HERE -> endIfAllAnswered();
            case UNCLEAR -> {
                silent++;
                endIfAllAnswered();
            }
        }
    }

    /** To be called whenever {@link #next} has named nobody: there may be nobody to wait for. */
    void endIfAllAnswered() {
        if (outstanding == 0 && !unasked.hasNext()) {
            end(silent == 0 ? new Result.Nowhere() : new Result.Unsure(silent));
        }
    }

    private void end(Result result) {
        if (!ended) {
            ended = true;
            done.accept(result);
        }
    }
}
