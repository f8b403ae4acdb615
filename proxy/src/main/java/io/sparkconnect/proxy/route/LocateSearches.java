/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Searches at many servers, so many questions at once as memory and servers bear, whatever the number of sessions: a search
 * asks some servers at a time, and searches beyond the limit wait for their turn in the order in which they came. Confined to
 * the core thread.
 *
 * <p>What waits is bounded, too. In number: each waiting search is a session with a stream whose server is not known yet, and of
 * those there are at most {@link RouterSettings#maxUndecided}; one whose last stream is gone leaves the queue at once. In time: a
 * stream waits for its turn as long as for a free server, and is refused then.
 */
final class LocateSearches {
    /** Questions of one search at once. */
    static final int AT_ONCE_PER_SEARCH = 16;
    /** Questions of all searches at once. */
    static final int AT_ONCE = 1024;

    /** A search that has not begun. */
    interface Planned {
        /** Whose streams wait for it. */
        Resolution resolution();

        /** Whether there is no better way by now. */
        boolean isWanted();

        /** Its turn has come. */
        LocateSearch begin();

        /** Its turn has come, but there is a better way. */
        void giveUp();
    }

    /** How a server is asked. */
    interface Question {
        /** @param answered runs once, on the core thread, after this has returned */
        void ask(Backend server, SessionKey session, Consumer<LocateProbe.Verdict> answered);
    }

    private final RouterState state;
    private final Question question;
    private final Map<SessionKey, Planned> waiting = new LinkedHashMap<>();
    private int underWay;
    private boolean beginning;

    LocateSearches(RouterState state, Question question) {
        this.state = state;
        this.question = question;
    }

    /** The session has no search that waits. */
    void add(Planned search) {
        search.resolution().phase = Resolution.Phase.QUEUED;
        waiting.put(search.resolution().key, search);
        beginWaiting();
        recount();
    }

    /** Nobody waits any more for what this session's search would find. */
    void drop(SessionKey session) {
        waiting.remove(session);
        recount();
    }

    /** Those whose turn has not come, in their order. */
    List<Resolution> waiting() {
        return waiting.values().stream().map(Planned::resolution).toList();
    }

    private void recount() {
        state.waitingSearches = waiting.size();
    }

    /** What a search does when it ends may add another one, which is begun by the loop that is running already. */
    private void beginWaiting() {
        if (beginning) {
            return;
        }
        beginning = true;
        try {
            while (!waiting.isEmpty() && underWay + AT_ONCE_PER_SEARCH <= AT_ONCE) {
                Iterator<Planned> first = waiting.values().iterator();
                Planned next = first.next();
                first.remove();
                begin(next);
            }
        } finally {
            beginning = false;
            recount();
        }
    }

    private void begin(Planned next) {
        next.resolution().phase = Resolution.Phase.ASKING;
        if (!next.isWanted()) {
            next.giveUp();
            return;
        }
        LocateSearch search = next.begin();
        int asked = 0;
        while (asked < AT_ONCE_PER_SEARCH && askNext(search)) {
            asked++;
        }
    }

    private boolean askNext(LocateSearch search) {
        Backend server = search.next();
        if (server == null) {
            search.endIfAllAnswered();
            return false;
        }
        underWay++;
        question.ask(server, search.session, verdict -> {
            underWay--;
            search.answered(server, verdict);
            if (!askNext(search)) {
                beginWaiting();
            }
        });
        return true;
    }
}
