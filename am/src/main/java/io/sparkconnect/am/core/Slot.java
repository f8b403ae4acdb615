/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServerLoad;
import io.sparkconnect.registry.SlotRecord;
import io.sparkconnect.registry.SlotState;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** One place for one server in a pool, and what is known of the server in it. Confined to the core thread. */
final class Slot {
    /** A server that was ready for so long is not part of a loop of containers that end at once. */
    private static final long HAS_SERVED_AFTER_MS = 60_000;

    final String name;
    final String pool;

    private SlotState state = SlotState.WANTED;
    private long sinceMs;
    private String reason = "";

    /** Grows with each container that is asked for. */
    long generation;

    /** Id of the present generation's ask; 0 before the first. */
    long allocationRequestId;

    /** The container that the slot holds; null before ALLOCATED. */
    @Nullable
    ContainerGrant grant;

    /** When an earlier attempt's container was found unreported by YARN; 0 when it is known to run. */
    long unconfirmedSinceMs;

    /** The server in the container; null until its agent joined. */
    @Nullable
    JoinRequest server;

    /** Whether the node still fetches the container's files; null before the node was asked. */
    @Nullable
    Boolean localizing;

    /** When the node was last asked that. */
    long lookedAtMs;

    /** When its server was first published; 0 before. */
    long readyAtMs;

    /** As the agent last told. */
    ServerLoad load = ServerLoad.UNKNOWN;

    /** When the agent last told it. */
    long loadSeenAtMs;

    /** As last published: every change would be too many writes. */
    ServerLoad publishedLoad = ServerLoad.UNKNOWN;

    long loadPublishedAtMs;

    /** Sessions on it as the proxies know them, for servers that cannot tell; -1 when not known. */
    int bound = -1;

    /** Since when its heap has been nearly full at each look; 0 while it is not. */
    long heapHighSinceMs;

    /** Health questions in a row without a good answer. */
    int pollFailures;

    /** Why we are ending the server; null while we are not. */
    @Nullable
    Ending ending;

    /** The server is not to be replaced: the pool has too many, or the service stops. */
    boolean leaving;

    /** An operator's wish to drain it was seen. */
    boolean drainedByOrder;

    /** What its present ask is for; null before this attempt's first. */
    @Nullable
    PoolSpec askedFor;

    /** Servers in a row that ended soon after they were launched, through nobody's fault. */
    private int endedAtOnce;

    /** It was told that nothing will end its drain. */
    boolean drainsWithoutEnd;

    /** Of the pool's configuration that the present server was asked for with. */
    long revision;

    /** The container was given back or killed; its completion is awaited. */
    boolean killed;

    int consecutiveFailures;
    long backoffUntilMs;
    long restarts;

    /** What its present ask says of other servers; null for an ask that says nothing. */
    @Nullable
    Spread spread;

    /** Servers that a node may have for its present ask, as we count them; only while that is constrained. */
    int spreadLevel;

    /** Until when the next container should be on a node with few servers; then any node will do. 0 before the ask. */
    long spreadUntilMs;

    Slot(String name, String pool, long nowMs) {
        this.name = name;
        this.pool = pool;
        this.sinceMs = nowMs;
    }

    SlotState state() {
        return state;
    }

    long sinceMs() {
        return sinceMs;
    }

    String reason() {
        return reason;
    }

    boolean is(SlotState asked) {
        return state == asked;
    }

    /** Live sessions on its server, as the server says, else as the proxies know; -1 when nobody can tell. */
    int sessions() {
        return load.sessions() >= 0 ? load.sessions() : bound;
    }

    /** Whether proxies may know its server. */
    boolean isPublished() {
        return server != null && (state == SlotState.READY || state == SlotState.DRAINING);
    }

    /** @throws IllegalStateException when the life of a slot has no such step */
    void moveTo(SlotState next, long nowMs, String why) {
        SlotTransitions.check(name, state, next);
        state = next;
        sinceMs = nowMs;
        reason = why;
    }

    /** Says better why it is in the state that it is in. */
    void explain(String why) {
        reason = why;
    }

    boolean holds(String containerId) {
        return grant != null && grant.containerId().equals(containerId);
    }

    /** The container that the slot holds; to be called only in states that have one. */
    ContainerGrant heldGrant() {
        if (grant == null) {
            throw new IllegalStateException("slot " + name + " in state " + state + " holds no container");
        }
        return grant;
    }

    /** Forgets the container and the server in it. */
    void clearContainer() {
        grant = null;
        server = null;
        localizing = null;
        lookedAtMs = 0;
        unconfirmedSinceMs = 0;
        readyAtMs = 0;
        load = ServerLoad.UNKNOWN;
        loadSeenAtMs = 0;
        publishedLoad = ServerLoad.UNKNOWN;
        loadPublishedAtMs = 0;
        bound = -1;
        heapHighSinceMs = 0;
        pollFailures = 0;
        ending = null;
        killed = false;
        drainedByOrder = false;
        drainsWithoutEnd = false;
        spreadUntilMs = 0;
    }

    /** Whether its present ask waits for a node with few servers, and would wait for ever. */
    boolean isAskConstrained() {
        return spread != null && spread.isConstrained();
    }

    void noteFailure(long nowMs, Policy policy, Backoff backoff) {
        forgetFailuresWhenStable(nowMs, policy);
        consecutiveFailures++;
        backoffUntilMs = nowMs + backoff.delayMs(consecutiveFailures, policy);
    }

    /**
     * Whether its server, which ends now through nobody's fault, had no time to serve, and neither had the one before it.
     * To be asked once for each.
     */
    boolean endsAtOnceAgain(long nowMs) {
        boolean served = readyAtMs > 0 && nowMs - readyAtMs >= HAS_SERVED_AFTER_MS;
        endedAtOnce = served ? 0 : endedAtOnce + 1;
        return endedAtOnce > 1;
    }

    /** Whether a container that answers its ask will do for a server of the pool as it shall be now. */
    boolean askedForSuch(PoolSpec pool) {
        return askedFor != null && revision == pool.revision() && askedFor.asksForSameContainerAs(pool);
    }

    void forgetFailuresWhenStable(long nowMs, Policy policy) {
        if (consecutiveFailures > 0
                && readyAtMs > 0
                && nowMs - readyAtMs >= policy.stableAfter().toMillis()) {
            consecutiveFailures = 0;
            backoffUntilMs = 0;
        }
    }

    /** Since when it is in its state, for readers. What is waited for began as long ago as it says; the rest is history. */
    long shownSinceMs(WallClock wall) {
        return state == SlotState.READY ? wall.shownAt(sinceMs) : wall.asOfNow(sinceMs);
    }

    SlotRecord toRecord(WallClock wall) {
        return new SlotRecord(
                name,
                pool,
                generation,
                allocationRequestId,
                state,
                shownSinceMs(wall),
                grant == null ? null : grant.containerId(),
                grant == null ? null : grant.node(),
                grant == null ? null : grant.nodeHttpAddress(),
                server == null ? null : server.agentUrl(),
                server == null ? null : server.instanceId(),
                server == null ? null : server.host(),
                server == null ? 0 : server.port(),
                server == null ? null : server.sparkVersion(),
                grant == null ? null : LaunchContract.serverTag(grant.containerId()),
                server == null ? null : server.applicationId(),
                consecutiveFailures,
                wall.asOfNow(backoffUntilMs),
                restarts,
                reason.isEmpty() ? null : reason,
                revision);
    }

    /** What an earlier attempt wrote, without judging whether it is still so. */
    static Slot fromRecord(SlotRecord written, EarlierTimes times, Policy policy) {
        boolean waits = written.state() != SlotState.READY;
        long sinceMs = waits ? times.waitingSince(written.sinceMs()) : times.happened(written.sinceMs());
        Slot slot = new Slot(written.slot(), written.pool(), sinceMs);
        slot.state = written.state();
        slot.reason = written.reason() == null ? "" : written.reason();
        slot.generation = written.generation();
        slot.allocationRequestId = written.allocationRequestId();
        slot.consecutiveFailures = written.consecutiveFailures();
        slot.backoffUntilMs = times.pausedUntil(written.backoffUntilMs(), policy.backoffMax());
        slot.restarts = written.restarts();
        slot.revision = written.revision();
        String containerId = written.containerId();
        if (containerId != null && written.node() != null) {
            slot.grant = new ContainerGrant(
                    containerId,
                    written.allocationRequestId(),
                    written.node(),
                    written.nodeHttpAddress() == null ? "" : written.nodeHttpAddress());
        }
        if (slot.grant != null
                && written.agentUrl() != null
                && written.instanceId() != null
                && written.host() != null) {
            slot.server = new JoinRequest(
                    slot.grant.containerId(),
                    written.instanceId(),
                    written.host(),
                    written.port(),
                    URI.create(written.agentUrl()).getPort(),
                    written.sparkVersion(),
                    written.childApplicationId());
        }
        return slot;
    }

    /** Puts a recovered slot where its container really is. Only for recovery: it does not ask the table. */
    void recoverAs(SlotState found, long nowMs, String why) {
        if (state != found) {
            state = found;
            sinceMs = nowMs;
        }
        reason = why;
    }
}
