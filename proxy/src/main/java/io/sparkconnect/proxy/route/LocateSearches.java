/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Searches at many servers, so many questions at once as memory and servers bear, whatever the number of sessions: a search
 * asks some servers at a time, and searches beyond the limit wait for their turn in the order in which they came. Confined to
 * the core thread.
 */
final class LocateSearches {
    /** Questions of one search at once. */
    static final int AT_ONCE_PER_SEARCH = 16;
    /** Questions of all searches at once. */
    static final int AT_ONCE = 1024;

    /** A search that has not begun. */
    interface Planned {
        /** Whether anybody waits for it still. */
        boolean isWanted();

        /** Its turn has come. */
        LocateSearch begin();

        /** Its turn has come, but nobody waits for it. */
        void giveUp();
    }

    private final Questions questions;
    private final SessionLocator locator;
    private final long timeoutMs;
    private final Queue<Planned> waiting = new ArrayDeque<>();
    private int underWay;
    private boolean beginning;

    /** @param timeoutMs how long one server may take */
    LocateSearches(Questions questions, SessionLocator locator, long timeoutMs) {
        this.questions = questions;
        this.locator = locator;
        this.timeoutMs = timeoutMs;
    }

    void add(Planned search) {
        waiting.add(search);
        beginWaiting();
    }

    /** What a search does when it ends may add another one, which is begun by the loop that is running already. */
    private void beginWaiting() {
        if (beginning) {
            return;
        }
        beginning = true;
        try {
            while (!waiting.isEmpty() && underWay + AT_ONCE_PER_SEARCH <= AT_ONCE) {
                begin(waiting.remove());
            }
        } finally {
            beginning = false;
        }
    }

    private void begin(Planned next) {
        if (!next.isWanted()) {
            next.giveUp();
            return;
        }
        LocateSearch search = next.begin();
        int asked = 0;
        while (asked < AT_ONCE_PER_SEARCH && askNext(search)) {
            asked++;
        }
        search.endIfAllAnswered();
    }

    private boolean askNext(LocateSearch search) {
        Backend server = search.next();
        if (server == null) {
            return false;
        }
        underWay++;
        questions.ask(() -> locator.ask(server, search.request), timeoutMs, (answer, failure) -> {
            underWay--;
            search.answered(server, answer == null ? LocateProbe.Verdict.UNCLEAR : LocateProbe.verdict(answer));
            if (!askNext(search)) {
                beginWaiting();
            }
        });
        return true;
    }
}
