/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.SlotState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Brings what happened into what we know. Confined to the core thread. */
final class Observer {
    /** Share of the heap above which a server is short of it, when it stays so. */
    private static final double HEAP_HIGH = 0.9;

    private final Identity identity;
    private final Backoff backoff;
    private @Nullable ClusterState cluster;
    private @Nullable Endings endings;

    Observer(Identity identity, Backoff backoff) {
        this.identity = identity;
        this.backoff = backoff;
    }

    /** Null before the attempt has recovered. */
    @Nullable
    ClusterState cluster() {
        return cluster;
    }

    private ClusterState known() {
        if (cluster == null) {
            throw new IllegalStateException("an event was applied before the attempt recovered");
        }
        return cluster;
    }

    private Endings endings() {
        if (endings == null) {
            throw new IllegalStateException("an event was applied before the attempt recovered");
        }
        return endings;
    }

    void onRecovered(Recovered recovered, long nowMs) {
        if (cluster != null) {
            throw new IllegalStateException("attempt " + identity.attempt() + " recovered twice");
        }
        ClusterState found = new ClusterState(identity, recovered, nowMs);
        cluster = found;
        found.tellUnknownSettings(found.spec, nowMs);
        endings = new Endings(found, backoff);
        new Recovery(found, endings).recover(recovered, nowMs);
    }

    void onLateContainers(List<ContainerGrant> containers, long nowMs) {
        new Recovery(known(), endings()).adoptOrRelease(containers, nowMs);
    }

    void onAllocated(ContainerGrant grant, long nowMs) {
        new AskAnswers(known()).allocated(grant, nowMs);
    }

    void onAskRefused(Event.AskRefused refused, long nowMs) {
        new AskAnswers(known()).refused(refused, nowMs);
    }

    void onAskRejected(Event.AskRejected rejected, long nowMs) {
        new AskAnswers(known()).rejected(rejected, nowMs);
    }

    void onCompleted(Event.Completed completed, long nowMs) {
        ClusterState known = known();
        Slot slot = known.slotHolding(completed.containerId());
        if (slot == null) {
            return;
        }
        ContainerGrant grant = slot.heldGrant();
        end(known, slot, completed, nowMs);
        LastLines.askWhenMissing(known, grant);
    }

    private void end(ClusterState known, Slot slot, Event.Completed completed, long nowMs) {
        Diagnostics diagnostics = Diagnostics.of(completed.diagnostics());
        if (slot.is(SlotState.STOPPING)) {
            endings().stopped(slot, completed.exitStatus(), diagnostics, nowMs);
            return;
        }
        boolean wasReady = slot.is(SlotState.READY) || slot.is(SlotState.DRAINING);
        Ending ending = ExitClassifier.classify(completed.exitStatus(), diagnostics, wasReady, known.node(slot.grant));
        if (ending.cause() == DeathCause.PREEMPTED) {
            Preemption.taken(known, slot, completed.containerId(), nowMs);
        }
        endings().ended(slot, ending, completed.exitStatus(), diagnostics, nowMs);
    }

    void onStarted(String containerId, long nowMs) {
        Slot slot = known().slotHolding(containerId);
        if (slot != null && slot.is(SlotState.ALLOCATED)) {
            slot.moveTo(SlotState.STARTING, nowMs, "waits for the server in " + containerId + " to come up");
        }
    }

    void onStartFailed(Event.StartFailed failed, long nowMs) {
        Slot slot = known().slotHolding(failed.containerId());
        if (slot != null && slot.is(SlotState.ALLOCATED)) {
            String node = slot.heldGrant().node();
            String remedy = failed.filesAreMissing() ? ExitClassifier.CHECK_FILES : null;
            Ending ending =
                    new Ending(DeathCause.START_FAILED, node + " did not start it: " + failed.message(), remedy, true);
            endings().kill(slot, ending, nowMs);
        }
    }

    void onLastLinesRead(Event.LastLinesRead read) {
        LastLines.read(known(), read);
    }

    void onContainerSeen(Event.ContainerSeen seen) {
        Slot slot = known().slotHolding(seen.containerId());
        if (slot != null) {
            slot.localizing = seen.localizing();
        }
    }

    void onJoined(Event.Joined joined, long nowMs) {
        ClusterState known = known();
        known.act(new Action.AnswerJoin(joined.requestId(), join(known, joined.request(), nowMs)));
    }

    private static JoinVerdict join(ClusterState known, JoinRequest request, long nowMs) {
        Slot slot = known.slotHolding(request.containerId());
        if (slot == null) {
            return JoinVerdict.UNWANTED;
        }
        return switch (slot.state()) {
            case ALLOCATED, STARTING -> {
                if (slot.server != null && !slot.server.instanceId().equals(request.instanceId())) {
                    yield JoinVerdict.UNWANTED;
                }
                if (slot.is(SlotState.ALLOCATED)) {
                    slot.moveTo(SlotState.STARTING, nowMs, "its server runs");
                }
                slot.server = request.on(slot.heldGrant().host());
                slot.explain("its server has joined and is asked for its health");
                yield JoinVerdict.WELCOME;
            }
            case READY, DRAINING ->
                slot.server != null && slot.server.instanceId().equals(request.instanceId())
                        ? JoinVerdict.WELCOME
                        : JoinVerdict.UNWANTED;
            case WANTED, REQUESTED, STOPPING, GONE, BACKOFF, UNKNOWN -> JoinVerdict.UNWANTED;
        };
    }

    void onPolled(Event.Polled polled, long nowMs) {
        ClusterState known = known();
        Slot slot = known.slotHolding(polled.containerId());
        JoinRequest server = slot == null ? null : slot.server;
        if (slot == null || server == null || slot.is(SlotState.STOPPING)) {
            return;
        }
        HealthAnswer answer = polled.answer();
        if (!answer.instanceId().equals(server.instanceId())) {
            onPollFailed(new Event.PollFailed(polled.containerId(), "another process answers at its address"), nowMs);
            return;
        }
        if (!answer.alive()) {
            endings().kill(slot, new Ending(DeathCause.SPARK_CONTEXT_STOPPED, answer.reason(), null, true), nowMs);
            return;
        }
        slot.pollFailures = 0;
        slot.load = answer.load();
        slot.loadSeenAtMs = nowMs;
        boolean heapHigh = answer.load().heapUsedBytes() >= answer.load().heapMaxBytes() * HEAP_HIGH
                && answer.load().heapMaxBytes() > 0;
        slot.heapHighSinceMs = !heapHigh ? 0 : slot.heapHighSinceMs > 0 ? slot.heapHighSinceMs : nowMs;
        if (server.applicationId() == null && answer.applicationId() != null) {
            slot.server = server.withApplication(answer.applicationId());
        }
        if (slot.is(SlotState.STARTING)) {
            slot.readyAtMs = nowMs;
            slot.publishedLoad = answer.load();
            slot.loadPublishedAtMs = nowMs;
            long tookMs = nowMs - slot.sinceMs();
            slot.moveTo(SlotState.READY, nowMs, "");
            known.noteReady(slot, nowMs);
            known.decide(
                    nowMs,
                    slot.name + ": " + polled.containerId() + " is ready at " + server.host() + ":" + server.port()
                            + ", " + tookMs / 1000 + " s after its container started");
            known.tellUncountedSessions(slot, server.sparkVersion(), nowMs);
        }
    }

    void onPollFailed(Event.PollFailed failed, long nowMs) {
        ClusterState known = known();
        Slot slot = known.slotHolding(failed.containerId());
        if (slot == null || !slot.isPublished()) {
            return;
        }
        slot.pollFailures++;
        NodeView node = known.node(slot.grant);
        if (node != null && node.isGivenUp()) {
            // YARN's word alone is not believed, and neither is a single failed question; both together are.
            String detail = "node " + node.node() + " is " + node.condition() + " and its server does not answer";
            endings().kill(slot, new Ending(DeathCause.NODE_LOST, detail, null, false), nowMs);
        } else if (slot.pollFailures >= known.policy.healthFailures()) {
            String detail = slot.pollFailures + " health checks in a row failed, the last: " + failed.message();
            endings().kill(slot, new Ending(DeathCause.UNRESPONSIVE, detail, null, true), nowMs);
        }
    }

    void onNodesSeen(List<NodeView> nodes, long nowMs) {
        ClusterState known = known();
        known.nodes.clear();
        nodes.forEach(node -> known.nodes.put(node.node(), node));
        if (!known.nodesSeen) {
            known.nodesSeen = true;
            Placement.forgetWhatOnlyNodesBound(known);
        }
        known.leavingNodes.nodesSeen(nowMs);
    }

    void onProxiesSeen(ProxySnapshot snapshot, long nowMs) {
        known().proxies.seen(snapshot, nowMs);
        known().scalingDue = true;
    }

    void onQueuesSeen(Event.QueuesSeen seen, long nowMs) {
        known().queues.seen(seen.queues(), seen.stepMiB(), nowMs);
    }

    void onChildrenSeen(List<ChildView> children, long nowMs) {
        ClusterState known = known();
        known.children = List.copyOf(children);
        Children.killOrphans(known, nowMs);
    }

    void onSpecChanged(Event.SpecChanged changed, long nowMs) {
        ClusterState known = known();
        if (changed.spec().generation() < known.spec.generation()) {
            return;
        }
        if (changed.spec().generation() > known.spec.generation()) {
            known.decide(nowMs, "follows generation " + changed.spec().generation() + " of the spec");
        }
        known.specTrouble = null;
        known.tellUnknownSettings(changed.spec(), nowMs);
        known.scalingDue |= !changed.spec().equals(known.spec);
        known.spec = changed.spec();
        known.policy = changed.policy();
    }

    void onSpecUnusable(String message, long nowMs) {
        ClusterState known = known();
        if (!message.equals(known.specTrouble)) {
            known.specTrouble = message;
            known.decide(
                    nowMs, "keeps generation " + known.spec.generation() + ": the spec cannot be followed: " + message);
        }
    }

    void onPreemptionWarned(Event.PreemptionWarned warned, long nowMs) {
        Preemption.warned(known(), warned, nowMs);
    }
}
