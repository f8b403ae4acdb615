/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.registry.ProxySnapshot;
import io.sparkconnect.registry.ServiceSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happened outside. Any of them may be late, come twice, or never come. */
public sealed interface Event {
    /** Hands itself to the observer's method for it, so that no kind of event can be forgotten. */
    void applyTo(Observer observer, long nowMs);

    /**
     * Of events with equal keys the latest tells all that the others did, because somebody goes on telling it; null where
     * each one counts.
     */
    default @Nullable Object retoldAs() {
        return null;
    }

    /** The first event that counts: joins before it are put off, everything else before it is ignored. */
    record AttemptRecovered(Recovered recovered) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onRecovered(recovered, nowMs);
        }
    }

    /** After a restart of the ResourceManager, NodeManagers report containers of earlier attempts one by one. */
    record LateContainers(List<ContainerGrant> containers) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onLateContainers(containers, nowMs);
        }
    }

    record Allocated(ContainerGrant grant) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onAllocated(grant, nowMs);
        }
    }

    /** YARN will not answer an ask with a placement constraint. */
    record AskRejected(long allocationRequestId, String reason) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onAskRejected(this, nowMs);
        }
    }

    /**
     * YARN has not taken an ask, and does not know it: it is above what any container may have today, or for a node label that
     * the queue may not use any more.
     */
    record AskRefused(long allocationRequestId, String reason) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onAskRefused(this, nowMs);
        }
    }

    record Completed(String containerId, int exitStatus, String diagnostics) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onCompleted(this, nowMs);
        }
    }

    /** The NodeManager has accepted the container's launch. */
    record Started(String containerId) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onStarted(containerId, nowMs);
        }
    }

    /** @param filesAreMissing something that the container was to be given is not there */
    record StartFailed(String containerId, String message, boolean filesAreMissing) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onStartFailed(this, nowMs);
        }
    }

    /** @param stderr the end of a dead server's, as its node has it */
    record LastLinesRead(String containerId, String stderr) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onLastLinesRead(this);
        }
    }

    /** @param localizing whether the node still fetches its files: nothing of it runs yet */
    record ContainerSeen(String containerId, boolean localizing) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onContainerSeen(this);
        }

        @Override
        public Object retoldAs() {
            return List.of(ContainerSeen.class, containerId);
        }
    }

    /** @param requestId comes back in {@link Action.AnswerJoin} */
    record Joined(long requestId, JoinRequest request) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onJoined(this, nowMs);
        }

        @Override
        public Object retoldAs() {
            return List.of(Joined.class, request.containerId());
        }
    }

    record Polled(String containerId, HealthAnswer answer) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onPolled(this, nowMs);
        }

        @Override
        public Object retoldAs() {
            return List.of(Polled.class, containerId);
        }
    }

    record PollFailed(String containerId, String message) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onPollFailed(this, nowMs);
        }

        @Override
        public Object retoldAs() {
            return List.of(PollFailed.class, containerId);
        }
    }

    /** Every node of the cluster, as it is now. */
    record NodesSeen(List<NodeView> nodes) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onNodesSeen(nodes, nowMs);
        }

        @Override
        public Object retoldAs() {
            return NodesSeen.class;
        }
    }

    /** Every living application with the service's tag, as it is now. */
    record ChildrenSeen(List<ChildView> children) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onChildrenSeen(children, nowMs);
        }

        @Override
        public Object retoldAs() {
            return ChildrenSeen.class;
        }
    }

    record SpecChanged(ServiceSpec spec, Policy policy) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onSpecChanged(this, nowMs);
        }
    }

    /** There is a spec that this AM cannot follow; it stays with the one it has. */
    record SpecUnusable(String message) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onSpecUnusable(message, nowMs);
        }
    }

    /** @param deadline whether YARN says that it will take just these, as opposed to as many as these */
    record PreemptionWarned(List<String> containerIds, boolean deadline) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onPreemptionWarned(this, nowMs);
        }
    }

    /** The proxies as the registry has them. */
    record ProxiesSeen(ProxySnapshot snapshot) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onProxiesSeen(snapshot, nowMs);
        }

        @Override
        public Object retoldAs() {
            return ProxiesSeen.class;
        }
    }

    /**
     * Every leaf queue, as it is now.
     *
     * @param stepMiB the scheduler gives memory in multiples of this
     */
    record QueuesSeen(List<QueueView> queues, long stepMiB) implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            observer.onQueuesSeen(this, nowMs);
        }

        @Override
        public Object retoldAs() {
            return QueuesSeen.class;
        }
    }

    /** Time passed. */
    record Tick() implements Event {
        @Override
        public void applyTo(Observer observer, long nowMs) {
            // The pass that follows every event does the work.
        }

        @Override
        public Object retoldAs() {
            return Tick.class;
        }
    }
}
