/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Consumer;

/** Asks all servers for one session; the first that has it ends the search. Confined to the core thread. */
final class LocateSearch {
    /** How a search ended. */
    sealed interface Result {
        record Found(String serverId) implements Result {}

        /** Every server said no. */
        record Nowhere() implements Result {}

        /** Nobody said yes, and some said nothing. */
        record Unsure(int silent) implements Result {}
    }

    private final Consumer<Result> done;
    private int outstanding;
    private int silent;
    private boolean ended;

    private LocateSearch(int servers, Consumer<Result> done) {
        this.outstanding = servers;
        this.done = done;
    }

    /** Starts a search; {@code done} runs once on the core thread, maybe before this returns. */
    static void start(
            SessionLocator locator,
            Collection<Backend> servers,
            SessionKey session,
            UUID operation,
            Questions questions,
            long timeoutMs,
            Consumer<Result> done) {
        LocateSearch search = new LocateSearch(servers.size(), done);
        byte[] request = LocateProbe.request(session, operation);
        for (Backend server : servers) {
            questions.ask(
                    () -> locator.ask(server, request),
                    timeoutMs,
                    (answer, failure) -> search.answered(
                            server, answer == null ? LocateProbe.Verdict.UNCLEAR : LocateProbe.verdict(answer)));
        }
        search.endIfAllAnswered();
    }

    private void answered(Backend server, LocateProbe.Verdict verdict) {
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

    private void endIfAllAnswered() {
        if (outstanding == 0) {
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
