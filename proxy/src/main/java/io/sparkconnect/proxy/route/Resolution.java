/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session whose server is being found out; all its streams wait for the one answer. Confined to the core thread. */
final class Resolution {
    /** What the session waits for. */
    enum Phase {
        /** The registry is asked for the binding, the servers for the session, or the binding is being written. */
        ASKING,
        /** The servers are to be asked for the session, when those have been asked that came before. */
        QUEUED,
        /** No server has room. */
        HELD,
        /** The bound server is missing; its record or its death certificate may be late. */
        SETTLING,
        /** An idle binding is being removed. */
        EXPIRING;

        /** Whether nobody has been asked anything of which the answer is still to come. */
        boolean isWithoutQuestion() {
            return this == QUEUED || this == HELD || this == SETTLING;
        }

        /** Whether somebody else looks after how long this lasts. */
        boolean hasItsOwnDeadline() {
            return this == QUEUED || this == HELD;
        }
    }

    final SessionKey key;
    /** Order of arrival. */
    final long number;

    final long sinceMs;

    private final List<Waiter> waiters = new ArrayList<>();

    Phase phase = Phase.ASKING;
    /** The registry has a binding of it that cannot be read. */
    boolean bindingUnreadable;

    /** Held while the registry was away: nobody has looked yet whether it has a binding. */
    boolean bindingUnknown;

    /** Whose servers it waits for, decided when it is placed for the first time. */
    String pool = Fleet.ANY_POOL;

    /** How many of its streams count as held. */
    int heldStreams;

    /** While SETTLING: the binding whose server is missing. */
    @Nullable
    Binding settling;

    Resolution(SessionKey key, long number, long sinceMs) {
        this.key = key;
        this.number = number;
        this.sinceMs = sinceMs;
    }

    void add(Waiter waiter) {
        waiters.add(waiter);
    }

    void remove(Waiter waiter) {
        waiters.remove(waiter);
    }

    int size() {
        return waiters.size();
    }

    boolean isEmpty() {
        return waiters.isEmpty();
    }

    /** Whether a request of the session, or what is left of its binding, proves that it has seen a server. */
    boolean hasSeenAServer() {
        return bindingUnreadable || waiters.stream().anyMatch(waiter -> waiter.head.observedServerSession() != null);
    }

    /** Whether a request of the session proves that it has seen none. */
    boolean isSurelyNew() {
        return waiters.stream().anyMatch(waiter -> waiter.head.surelyNew());
    }

    List<Waiter> waiters() {
        return List.copyOf(waiters);
    }

    /** Takes the waiters out. */
    List<Waiter> takeWaiters() {
        List<Waiter> taken = List.copyOf(waiters);
        waiters.clear();
        return taken;
    }
}
