/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Events in, actions out. Not thread-safe: one thread owns it and everything that it reaches.
 *
 * <p>Each event first changes what is known, then a pass over everything derives what to do; so a tick alone heals
 * whatever events were lost.
 */
public final class Core {
    private final Observer observer;
    private final Backoff backoff;
    private @Nullable Reconciler reconciler;
    private @Nullable OutlookBuilder outlook;

    /** @param random for the jitter of back-offs */
    public Core(Identity identity, RandomGenerator random) {
        this.backoff = new Backoff(random);
        this.observer = new Observer(identity, backoff);
    }

    /**
     * Takes an event in. Before {@link Event.AttemptRecovered}, joins are told to come again, and everything else is left
     * to be told again by whoever keeps telling it.
     *
     * @param nowMs milliseconds that began as the machine's clock showed them when the attempt recovered, and run evenly
     *     since, whatever was done to that clock
     */
    public List<Action> handle(Event event, long nowMs) {
        return handle(List.of(event), nowMs);
    }

    /** Takes several events in, in their order, and then derives what to do once. */
    public List<Action> handle(List<Event> events, long nowMs) {
        List<Action> early = new ArrayList<>();
        for (Event event : events) {
            if (observer.cluster() != null || event instanceof Event.AttemptRecovered) {
                event.applyTo(observer, nowMs);
            } else if (event instanceof Event.Joined joined) {
                early.add(new Action.AnswerJoin(joined.requestId(), JoinVerdict.NOT_YET));
            }
        }
        if (observer.cluster() == null) {
            return early;
        }
        ClusterState cluster = known();
        if (reconciler == null) {
            reconciler = new Reconciler(cluster, backoff);
            outlook = new OutlookBuilder(cluster);
        }
        reconciler.pass(nowMs);
        early.addAll(cluster.takeActions());
        return early;
    }

    /**
     * What the edges should show and write now; null before the attempt has recovered.
     *
     * @param wallMs what the machine's clock shows now, milliseconds since the epoch
     */
    public @Nullable Outlook outlook(long nowMs, long wallMs) {
        if (outlook == null) {
            return null;
        }
        long jumpMs = known().wall.look(nowMs, wallMs);
        if (jumpMs != 0) {
            known().decide(
                            nowMs,
                            "the machine's clock jumped " + (jumpMs > 0 ? "forward" : "back") + " by "
                                    + Math.abs(jumpMs) / 1000
                                    + " s: it was set, or this process stood still; waits and deadlines go on as before");
        }
        return outlook.build(nowMs);
    }

    private ClusterState known() {
        ClusterState cluster = observer.cluster();
        if (cluster == null) {
            throw new IllegalStateException("the recovery event left nothing to work with");
        }
        return cluster;
    }
}
