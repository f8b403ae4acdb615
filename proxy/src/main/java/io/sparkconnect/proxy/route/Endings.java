/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How bindings end: the session was released, or nobody has used it for long. Other proxies may use it, so the registry has the
 * last word on what is idle. Confined to the core thread.
 */
final class Endings {
    private static final Logger LOG = LoggerFactory.getLogger(Endings.class);

    private final RouterState state;
    private final WriteBehind writeBehind;
    private final Inquiry inquiry;
    private final Resolutions resolutions;
    private final ResolutionSteps steps;
    private final Consumer<Resolution> withoutBinding;

    /** @param withoutBinding goes on with a resolution whose binding has just been removed */
    Endings(
            RouterState state,
            WriteBehind writeBehind,
            Inquiry inquiry,
            Resolutions resolutions,
            ResolutionSteps steps,
            Consumer<Resolution> withoutBinding) {
        this.state = state;
        this.writeBehind = writeBehind;
        this.inquiry = inquiry;
        this.resolutions = resolutions;
        this.steps = steps;
        this.withoutBinding = withoutBinding;
    }

    void release(Binding binding) {
        state.bindings.remove(binding);
        writeBehind.forget(binding);
        state.count(RouterEvent.RELEASED);
        state.questions.ask(
                () -> state.table.release(binding.key, binding.serverId),
                state.registryPatienceMs(),
                (released, failure) -> {
                    if (failure != null) {
                        LOG.info("session={} server={} is released later", binding.key, binding.serverId, failure);
                        writeBehind.addRelease(binding.key, binding.serverId);
                    }
                });
    }

    /** Nobody has used the session for too long, as far as this proxy knows. */
    void expire(Binding binding) {
        if (resolutions.has(binding.key)) {
            return;
        }
        state.bindings.remove(binding);
        if (!binding.isLost()) {
            expire(binding.key, binding.recordedUseMs);
        }
    }

    /**
     * The same for a session that this proxy does not know.
     *
     * @param recordedUseMs what stood in its record for as long as sessions may be idle. Only if it still does nobody has used
     *     the session: that needs no two clocks to agree. Otherwise another proxy has it, whose binding it is to end.
     */
    void expire(SessionKey key, long recordedUseMs) {
        if (resolutions.has(key) || state.bindings.get(key) != null) {
            return;
        }
        Resolution resolution = resolutions.begin(key);
        resolution.phase = Resolution.Phase.EXPIRING;
        state.questions.ask(() -> Registered.in(state.table, key), state.registryPatienceMs(), (found, failure) -> {
            SessionBinding shared = found == null ? null : found.binding();
            if (shared != null && shared.lastUseMs() == recordedUseMs) {
                removeExpired(resolution, shared);
            } else {
                steps.find(resolution);
            }
        });
    }

    /**
     * A client has come back whose binding looks idle by this machine's clock, which may be wrong. The server knows better:
     * only when it has forgotten the session, or is gone itself, does the binding end.
     *
     * @param goOn goes on with the binding that holds
     */
    void endIfForgotten(Resolution resolution, SessionBinding shared, Runnable goOn) {
        Fleet.Member member = state.fleet.reachable(shared.serverId());
        if (member == null || !inquiry.isPossible()) {
            removeExpired(resolution, shared);
            return;
        }
        inquiry.ask(member.backend(), resolution.key, verdict -> {
            if (verdict == LocateProbe.Verdict.NOT_HERE) {
                removeExpired(resolution, shared);
            } else {
                goOn.run();
            }
        });
    }

    private void removeExpired(Resolution resolution, SessionBinding expired) {
        LOG.debug("session={} server={} was idle for too long", resolution.key, expired.serverId());
        state.questions.ask(
                () -> state.table.release(resolution.key, expired.serverId()),
                state.registryPatienceMs(),
                (released, failure) -> {
                    if (failure == null) {
                        state.count(RouterEvent.EXPIRED);
                    }
                    withoutBinding.accept(resolution);
                });
    }

    /**
     * The registry has lost a binding that it had: the session was released by way of another proxy, or the registry was wiped.
     * Its server knows which.
     */
    void missing(Binding binding) {
        Fleet.Member member = state.fleet.reachable(binding.serverId);
        if (member == null) {
            return;
        }
        inquiry.ask(member.backend(), binding.key, verdict -> {
            if (state.bindings.get(binding.key) != binding) {
                return;
            }
            if (verdict == LocateProbe.Verdict.NOT_HERE) {
                state.bindings.remove(binding);
            } else if (!writeBehind.isFull()) {
                LOG.warn("session={} server={} the registry has lost its binding", binding.key, binding.serverId);
                state.count(RouterEvent.BINDINGS_RESTORED);
                binding.written = false;
                writeBehind.add(binding);
            }
        });
    }
}
