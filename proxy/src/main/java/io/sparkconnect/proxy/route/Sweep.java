/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import java.util.Collections;
import java.util.Iterator;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes round over the bindings in small steps: writes down the last use of those in use, and those that found no room to be
 * written; ends the idle ones, and forgets some when memory holds too many. Confined to the core thread.
 */
final class Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    /** A round takes about this many steps, 30 s at five steps a second. */
    private static final int STEPS_PER_ROUND = 150;

    private static final int MIN_STEP = 200;
    /** Writes to the registry per step at most: 250 a second at five steps a second. */
    private static final int MAX_WRITES_PER_STEP = 50;
    /** A binding may be forgotten (it stays in the registry) when it was not used for this long. */
    private static final long FORGETTABLE_AFTER_MS = 60_000;

    private final RouterState state;
    private final Consumer<Binding> expire;
    private final Consumer<Binding> missing;
    private final WriteBehind writeBehind;
    private Iterator<Binding> round = Collections.emptyIterator();

    /**
     * @param expire ends a binding that was idle for too long
     * @param missing told of a binding that the registry had and has no more
     */
    Sweep(RouterState state, Consumer<Binding> expire, Consumer<Binding> missing, WriteBehind writeBehind) {
        this.state = state;
        this.expire = expire;
        this.missing = missing;
        this.writeBehind = writeBehind;
    }

    void step() {
        if (!round.hasNext()) {
            round = state.bindings.all().iterator();
        }
        long now = state.now();
        int left = Math.max(MIN_STEP, state.bindings.size() / STEPS_PER_ROUND + 1);
        int writes = MAX_WRITES_PER_STEP;
        while (left-- > 0 && writes > 0 && round.hasNext()) {
            writes -= visit(round.next(), now);
        }
    }

    /** Yields the number of writes that it took. */
    private int visit(Binding binding, long now) {
        if (binding.openStreams.get() > 0) {
            binding.use(now);
        }
        long idle = now - binding.lastUseMs;
        boolean connected = state.fleet.connected();
        if (!binding.written && !binding.isLost()) {
            writeBehind.addLeftOut(binding);
        }
        if (state.isIdleSince(binding.lastUseMs)) {
            if (connected && (binding.written || binding.isLost())) {
                expire.accept(binding);
                return 1;
            }
            return 0;
        }
        if (idle > FORGETTABLE_AFTER_MS
                && state.bindings.size() > state.settings.maxCached()
                && (binding.written || binding.isLost())) {
            state.bindings.remove(binding);
            return 0;
        }
        if (connected
                && binding.written
                && binding.lastUseMs - binding.writtenUseMs
                        >= state.settings.touchEvery().toMillis()) {
            touch(binding);
            return 1;
        }
        return 0;
    }

    private void touch(Binding binding) {
        long before = binding.writtenUseMs;
        long use = binding.lastUseMs;
        long record = state.clock.toMachine(use);
        binding.writtenUseMs = use;
        state.questions.ask(
                () -> state.table.touch(binding.key, record), state.registryPatienceMs(), (there, failure) -> {
                    if (failure != null) {
                        state.count(RouterEvent.REGISTRY_FAILURES);
                        binding.writtenUseMs = before;
                        LOG.debug("session={} its last use could not be written", binding.key, failure);
                    } else if (Boolean.FALSE.equals(there)) {
                        missing.accept(binding);
                    } else {
                        binding.recordedUseMs = record;
                    }
                });
    }
}
