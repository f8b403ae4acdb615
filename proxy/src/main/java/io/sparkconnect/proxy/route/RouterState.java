/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.util.Objects.requireNonNull;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionTable;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of the router share. Event loops read {@link #fleet}, {@link #heldSessions}, {@link #heldStreams},
 * {@link #bindings}, {@link #suspects} and count events; all else, and every change of fleet and bindings, belongs to the core thread.
 */
final class RouterState {
    final RouterSettings settings;
    final RouterClock clock;
    final Executor core;
    final SessionTable table;

    final BindingCache bindings = new BindingCache();
    final Suspects suspects;
    final ServerShare shares;
    final Seats seats;
    final Questions questions;
    final Strays strays = new Strays(this);
    private final long startMs;

    volatile Fleet fleet = Fleet.EMPTY;
    /** Sessions that wait for a server with room, by pool, as of the last tick. */
    volatile Map<String, Integer> heldSessions = Map.of();

    /** Streams that wait for a server, now. */
    volatile int heldStreams;

    /** Sessions for which servers are to be asked, and are not yet, now. */
    volatile int waitingSearches;

    private final Map<RouterEvent, LongAdder> events = new EnumMap<>(RouterEvent.class);

    RouterState(RouterSettings settings, SessionTable table, Executor core, RouterClock clock, RandomGenerator random) {
        this.settings = settings;
        this.clock = clock;
        this.core = core;
        this.table = table;
        this.suspects = new Suspects(
                settings.suspicion().toMillis(), settings.suspicionMax().toMillis());
        this.shares = ServerShare.of(settings);
        this.seats = new Seats(bindings, suspects, () -> PlacementPolicy.of(settings.policy(), random), shares, clock);
        this.questions = new Questions(core, clock::now);
        this.startMs = clock.now();
        for (RouterEvent event : RouterEvent.values()) {
            events.put(event, new LongAdder());
        }
    }

    /** The even time, as {@link RouterClock#now}. */
    long now() {
        return clock.now();
    }

    long registryPatienceMs() {
        return settings.registryPatience().toMillis();
    }

    /**
     * Whether so much time has passed that the binding of a session ends that was not used since. The registry's last use may
     * lag behind by {@code touchEvery}, at this proxy as at the others, so bindings end up to that much later than asked for.
     */
    boolean isIdleSince(long lastUseMs) {
        return now() - lastUseMs
                > settings.sessionsIdle().toMillis() + settings.touchEvery().toMillis();
    }

    /**
     * Whether a binding's record looks idle, by the clock of this machine against that of the proxy that wrote it. The two may
     * differ by hours, so this alone ends no binding.
     */
    boolean looksIdle(SessionBinding record) {
        return isIdleSince(clock.fromMachine(record.lastUseMs()));
    }

    /** Whether a session that has no binding may have been placed before this router began. */
    boolean mayRecall() {
        return now() - startMs < settings.recall().toMillis();
    }

    /** The pool of a server that is known; null when it is not. */
    @Nullable
    String poolOf(String serverId) {
        Fleet.Member member = fleet.members().get(serverId);
        return member == null ? null : member.server().pool();
    }

    /** A session has its server. */
    void bind(Binding binding) {
        bindings.put(binding);
        strays.forget(binding.serverId, binding.key);
    }

    void count(RouterEvent event) {
        adder(event).increment();
    }

    long counted(RouterEvent event) {
        return adder(event).sum();
    }

    private LongAdder adder(RouterEvent event) {
        return requireNonNull(events.get(event));
    }
}
