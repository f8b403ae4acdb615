/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.core.Event;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Events that nobody may act on yet. Of what is told again and again only the latest is kept, so that their number depends
 * on the size of the service and not on the length of the wait. Confined to the core thread.
 */
final class WaitingEvents {
    private final Map<Object, Event> events = new LinkedHashMap<>();
    private long counted;

    void add(Event event) {
        Object retold = event.retoldAs();
        Object key = retold == null ? counted++ : retold;
        // Where the latest stands is when it was told.
        events.remove(key);
        events.put(key, event);
    }

    int size() {
        return events.size();
    }

    /** A list of the caller's own, in the order of telling. */
    List<Event> inOrder() {
        return new ArrayList<>(events.values());
    }
}
