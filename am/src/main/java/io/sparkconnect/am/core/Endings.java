/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.SlotState;
import org.jspecify.annotations.Nullable;

/** How servers end: by themselves, or by us. Writes the death certificates. Confined to the core thread. */
final class Endings {
    private final ClusterState cluster;
    private final Backoff backoff;

    Endings(ClusterState cluster, Backoff backoff) {
        this.cluster = cluster;
        this.backoff = backoff;
    }

    /** Begins to end the slot's server in peace: the agent, or else a SIGTERM, has {@code stop.grace} to do it. */
    void stopGracefully(Slot slot, Ending ending, long nowMs) {
        ContainerGrant grant = slot.heldGrant();
        begin(slot, ending, nowMs);
        JoinRequest server = slot.server;
        if (server != null) {
            long graceMs = cluster.policy.stopGrace().toMillis();
            cluster.act(new Action.StopServer(grant.containerId(), server.agentUrl(), graceMs));
        } else {
            cluster.act(new Action.SignalContainer(grant.containerId()));
        }
    }

    /** Ends the slot's server at once. */
    void kill(Slot slot, Ending ending, long nowMs) {
        begin(slot, ending, nowMs);
        killContainer(slot);
    }

    /**
     * By its node, and by the ResourceManager: the latter completes the container at once, even when the node is lost and
     * YARN would notice that only after ten minutes.
     */
    void killContainer(Slot slot) {
        ContainerGrant grant = slot.heldGrant();
        slot.killed = true;
        cluster.act(new Action.StopContainer(grant.containerId(), grant.node()));
        cluster.act(new Action.ReleaseContainer(grant.containerId()));
    }

    private void begin(Slot slot, Ending ending, long nowMs) {
        slot.ending = ending;
        noteFailure(slot, ending, nowMs);
        certify(slot, ending, null, Diagnostics.of(""), nowMs);
        cluster.reapFor(nowMs);
        cluster.decide(nowMs, slot.name + ": ends " + slot.heldGrant().containerId() + ": " + ending.inWords());
        slot.moveTo(SlotState.STOPPING, nowMs, ending.inWords());
    }

    /** The slot's container has ended by itself, or was never there. */
    void ended(Slot slot, Ending ending, @Nullable Integer exitStatus, Diagnostics diagnostics, long nowMs) {
        slot.ending = ending;
        noteFailure(slot, ending, nowMs);
        certify(slot, ending, exitStatus, diagnostics, nowMs);
        settle(slot, nowMs);
    }

    private void noteFailure(Slot slot, Ending ending, long nowMs) {
        String node = slot.heldGrant().node();
        if (!slot.leaving && cluster.strikes.note(node, ending.cause(), nowMs)) {
            cluster.decide(nowMs, "node " + node + " is avoided for a while: servers failed there again and again");
        }
        if (slot.leaving) {
            return;
        }
        if (ending.countsAsFailure()) {
            slot.noteFailure(nowMs, cluster.policy, backoff);
            cluster.noteFailure(slot);
        } else if (slot.endsAtOnceAgain(nowMs)) {
            // Nobody's failure, so nothing tells against a node or a rollout; only the pace is bounded.
            slot.noteFailure(nowMs, cluster.policy, backoff);
        }
    }

    /** The container that we were ending has ended. */
    void stopped(Slot slot, @Nullable Integer exitStatus, Diagnostics diagnostics, long nowMs) {
        Ending ending = slot.ending;
        if (ending == null) {
            ending = new Ending(DeathCause.UNKNOWN, slot.reason(), null, false);
        }
        if (ending.cause() == DeathCause.UNRESPONSIVE
                && exitStatus != null
                && ExitClassifier.tellsMoreThanOurKill(exitStatus)) {
            ending = ExitClassifier.classify(exitStatus, diagnostics, true, cluster.node(slot.grant));
        }
        slot.ending = ending;
        certify(slot, ending, exitStatus, diagnostics, nowMs);
        settle(slot, nowMs);
    }

    /** What comes after a server: nothing, a pause, or the next one. */
    private void settle(Slot slot, long nowMs) {
        Ending ending = slot.ending;
        String why = ending == null ? slot.reason() : ending.inWords();
        String container = slot.heldGrant().containerId();
        slot.clearContainer();
        cluster.reapFor(nowMs);
        if (slot.leaving) {
            slot.moveTo(SlotState.GONE, nowMs, why);
            return;
        }
        slot.restarts++;
        if (slot.backoffUntilMs > nowMs) {
            long pauseMs = slot.backoffUntilMs - nowMs;
            cluster.decide(
                    nowMs,
                    slot.name + ": " + container + " is gone: " + why + "; next server in " + inSeconds(pauseMs));
            slot.moveTo(SlotState.BACKOFF, nowMs, why);
        } else {
            cluster.decide(nowMs, slot.name + ": " + container + " is gone: " + why + "; next server at once");
            slot.moveTo(SlotState.WANTED, nowMs, why);
        }
    }

    private void certify(Slot slot, Ending ending, @Nullable Integer exitStatus, Diagnostics diagnostics, long nowMs) {
        ContainerGrant grant = slot.heldGrant();
        if (slot.server == null && ending.cause().isWished()) {
            return;
        }
        DeathCertificate before = cluster.deaths.of(grant.containerId());
        cluster.deaths.put(new DeathCertificate(
                grant.containerId(),
                slot.pool,
                slot.name,
                grant.node(),
                ending.cause(),
                exitStatus,
                describe(ending, diagnostics),
                diagnostics.lastLines(),
                ending.remedy(),
                cluster.identity.logUrl(grant),
                before == null ? nowMs : before.diedAtMs()));
        if (slot.readyAtMs == 0) {
            cluster.deaths.forgetOldestNeverReady(slot.name);
        }
    }

    private static String describe(Ending ending, Diagnostics diagnostics) {
        String summary = diagnostics.summary();
        if (summary.isEmpty() || ending.detail().isEmpty()) {
            return ending.detail() + summary;
        }
        return ending.detail() + "; YARN: " + summary;
    }

    private static String inSeconds(long ms) {
        return ms < 10_000 ? String.format(java.util.Locale.ROOT, "%.1f s", ms / 1000.0) : ms / 1000 + " s";
    }
}
