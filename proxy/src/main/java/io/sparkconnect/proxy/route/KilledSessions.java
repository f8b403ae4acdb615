/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.sparkconnect.registry.ServerSnapshot;
import io.sparkconnect.registry.SessionKey;
import io.sparkconnect.registry.SessionKill;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obeys operators who end sessions: the open streams are answered with the reason, the server is told, the binding goes. From
 * then on the session is refused as long as the registry keeps the wish. Every proxy does all of it, for none knows of the
 * others; each step may be done twice without harm. Confined to the core thread.
 */
final class KilledSessions {
    private static final Logger LOG = LoggerFactory.getLogger(KilledSessions.class);

    /** A proxy that starts leaves older wishes to those who were there, and only refuses the sessions. */
    private static final long OBEYED_AT_START_MS = TimeUnit.MINUTES.toMillis(10);
    /** How long a decision that was on its way when the wish came may still bind the session. */
    private static final long WATCHED_MS = TimeUnit.MINUTES.toMillis(1);

    private static final long AGAIN_AFTER_MS = 2_000;
    private static final long GIVE_UP_AFTER_MS = TimeUnit.MINUTES.toMillis(3);
    private static final int CALLS_AT_ONCE = 50;

    private final RouterState state;
    private final Answers answers;
    private final Resolutions resolutions;
    private final ResolutionSteps steps;
    private final WriteBehind writeBehind;
    private final @Nullable SessionEnder ender;

    private final Set<String> seen = new HashSet<>();
    private final Map<SessionKey, Long> watchedUntilMs = new HashMap<>();
    private final Deque<Ending> endings = new ArrayDeque<>();
    private Map<SessionKey, SessionKill> killed = Map.of();
    private boolean started;
    private int calls;

    /** A session that its server is to end. */
    private record Ending(SessionKey key, String serverId, long sinceMs, long notBeforeMs) {
        private Ending again(long nowMs) {
            return new Ending(key, serverId, sinceMs, nowMs + AGAIN_AFTER_MS);
        }
    }

    /** @param ender null when neither streams nor servers can be reached: sessions are only refused then */
    KilledSessions(
            RouterState state,
            Answers answers,
            Resolutions resolutions,
            ResolutionSteps steps,
            WriteBehind writeBehind,
            @Nullable SessionEnder ender) {
        this.state = state;
        this.answers = answers;
        this.resolutions = resolutions;
        this.steps = steps;
        this.writeBehind = writeBehind;
        this.ender = ender;
    }

    /** What a stream of this session is told; null when nobody has killed it. */
    @Nullable
    RoutingDecision answer(SessionKey session, ConnectMethod method) {
        SessionKill kill = killed.get(session);
        return kill == null ? null : answers.killed(session, method, kill);
    }

    void snapshotChanged(ServerSnapshot snapshot) {
        Map<String, SessionKill> kills = snapshot.kills();
        if (!kills.keySet().equals(seen)) {
            Map<SessionKey, SessionKill> all = new HashMap<>();
            kills.values().forEach(kill -> kill.sessions().forEach(session -> all.put(session.key(), kill)));
            killed = all;
            kills.values().stream()
                    .filter(kill -> !seen.contains(kill.killId()))
                    .forEach(this::obeyIfFresh);
            seen.retainAll(kills.keySet());
            seen.addAll(kills.keySet());
        }
        started |= snapshot.connected();
    }

    /** To be called several times a second. */
    void step() {
        long now = state.now();
        watchedUntilMs.values().removeIf(until -> until <= now);
        for (SessionKey session : watchedUntilMs.keySet()) {
            Binding binding = state.bindings.get(session);
            if (binding != null) {
                forget(binding);
                endings.add(new Ending(session, binding.serverId, now, now));
            }
        }
        for (Iterator<Ending> all = endings.iterator(); all.hasNext() && calls < CALLS_AT_ONCE; ) {
            Ending ending = all.next();
            if (ending.notBeforeMs() <= now) {
                all.remove();
                end(ending);
            }
        }
    }

    private void obeyIfFresh(SessionKill kill) {
        if (!started && state.clock.machine() - kill.atMs() > OBEYED_AT_START_MS) {
            return;
        }
        LOG.info(
                "kill={} by={} sessions={} reason={}",
                kill.killId(),
                kill.by(),
                kill.sessions().size(),
                kill.reason());
        long now = state.now();
        Map<SessionKey, RoutingDecision.Answer> told = new HashMap<>();
        for (SessionKill.KilledSession session : kill.sessions()) {
            SessionKey key = session.key();
            Binding binding = state.bindings.get(key);
            if (binding != null) {
                forget(binding);
            }
            answerThoseWhoWait(key, kill);
            told.put(key, answers.killed(key, kill));
            watchedUntilMs.put(key, now + WATCHED_MS);
            endings.add(new Ending(key, binding == null ? session.serverId() : binding.serverId, now, now));
            state.count(RouterEvent.KILLED);
        }
        if (ender != null) {
            // After the bindings are gone: what a loop has decided before, it has begun before this reaches it.
            ender.cut(told);
        }
    }

    private void forget(Binding binding) {
        state.bindings.remove(binding);
        writeBehind.forget(binding);
    }

    private void answerThoseWhoWait(SessionKey session, SessionKill kill) {
        Resolution underWay = resolutions.get(session);
        if (underWay == null) {
            return;
        }
        for (Waiter waiter : underWay.takeWaiters()) {
            waiter.answer(answers.killed(session, waiter.method, kill), () -> {});
        }
        if (underWay.phase == Resolution.Phase.HELD || underWay.phase == Resolution.Phase.SETTLING) {
            steps.end(underWay);
        }
    }

    private void end(Ending ending) {
        Fleet.Member member = state.fleet.reachable(ending.serverId());
        if (ender == null || member == null) {
            removeBinding(ending);
        } else {
            call(ender, member.backend(), KillCall.RELEASE_SESSION, ending);
        }
    }

    private void call(SessionEnder by, Backend server, KillCall call, Ending ending) {
        calls++;
        byte[] request = call.request(ending.key());
        state.questions.ask(
                () -> by.call(server, call.method().rpcName(), request),
                state.settings.locateTimeout().toMillis(),
                (answer, failure) -> {
                    calls--;
                    if (answer == null) {
                        tryAgain(ending, String.valueOf(failure));
                    } else if (answer.grpcStatus() == StatusAnswers.OK) {
                        LOG.debug("session={} server={} ended by {}", ending.key(), ending.serverId(), call);
                        removeBinding(ending);
                    } else if (answer.grpcStatus() != StatusAnswers.UNIMPLEMENTED) {
                        tryAgain(ending, answer.grpcStatus() + " " + answer.message());
                    } else if (call == KillCall.RELEASE_SESSION) {
                        call(by, server, KillCall.INTERRUPT, ending);
                    } else {
                        LOG.warn(
                                "session={} server={} cannot be told to end it (Spark 3.4): what runs there runs on",
                                ending.key(),
                                ending.serverId());
                        removeBinding(ending);
                    }
                });
    }

    private void tryAgain(Ending ending, String why) {
        if (state.now() - ending.sinceMs() < GIVE_UP_AFTER_MS) {
            endings.add(ending.again(state.now()));
            return;
        }
        LOG.warn(
                "session={} server={} did not end it, and is not asked again: {}",
                ending.key(),
                ending.serverId(),
                why);
        removeBinding(ending);
    }

    private void removeBinding(Ending ending) {
        state.questions.ask(
                () -> state.table.release(ending.key(), ending.serverId()),
                state.registryPatienceMs(),
                (released, failure) -> {
                    if (failure != null) {
                        writeBehind.addRelease(ending.key(), ending.serverId());
                    }
                });
    }
}
