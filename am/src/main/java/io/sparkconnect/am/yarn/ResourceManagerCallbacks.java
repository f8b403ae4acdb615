/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.api.records.Container;
import org.apache.hadoop.yarn.api.records.ContainerStatus;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.PreemptionContainer;
import org.apache.hadoop.yarn.api.records.PreemptionMessage;
import org.apache.hadoop.yarn.api.records.RejectedSchedulingRequest;
import org.apache.hadoop.yarn.api.records.UpdatedContainer;
import org.apache.hadoop.yarn.client.api.async.AMRMClientAsync;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns callbacks into events, on the client library's threads. */
final class ResourceManagerCallbacks extends AMRMClientAsync.AbstractCallbackHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ResourceManagerCallbacks.class);

    private final Consumer<Event> events;
    private final Runnable nodesChanged;
    private final Consumer<String> fatal;
    private final Consumer<Container> remember;

    ResourceManagerCallbacks(
            Consumer<Event> events, Runnable nodesChanged, Consumer<String> fatal, Consumer<Container> remember) {
        this.events = events;
        this.nodesChanged = nodesChanged;
        this.fatal = fatal;
        this.remember = remember;
    }

    @Override
    public void onContainersAllocated(List<Container> containers) {
        for (Container container : containers) {
            remember.accept(container);
            events.accept(new Event.Allocated(ResourceManagerLink.grant(container)));
        }
    }

    @Override
    public void onContainersCompleted(List<ContainerStatus> statuses) {
        for (ContainerStatus status : statuses) {
            String diagnostics = status.getDiagnostics();
            events.accept(new Event.Completed(
                    status.getContainerId().toString(),
                    status.getExitStatus(),
                    diagnostics == null ? "" : diagnostics));
        }
    }

    @Override
    public void onContainersReceivedFromPreviousAttempts(List<Container> containers) {
        events.accept(new Event.LateContainers(
                containers.stream().map(ResourceManagerLink::grant).toList()));
    }

    @Override
    public void onRequestsRejected(List<RejectedSchedulingRequest> rejected) {
        for (RejectedSchedulingRequest request : rejected) {
            events.accept(new Event.AskRejected(
                    request.getRequest().getAllocationRequestId(), String.valueOf(request.getReason())));
        }
    }

    @Override
    public void onContainersUpdated(List<UpdatedContainer> containers) {
        // We never ask for a change of size: a heap does not change.
    }

    @Override
    public void onNodesUpdated(List<NodeReport> nodes) {
        nodesChanged.run();
    }

    @Override
    public void onPreemptionMessageReceived(PreemptionMessage message) {
        if (message.getStrictContract() != null) {
            events.accept(
                    new Event.PreemptionWarned(ids(message.getStrictContract().getContainers()), true));
        }
        if (message.getContract() != null) {
            events.accept(new Event.PreemptionWarned(ids(message.getContract().getContainers()), false));
        }
    }

    /** On the heartbeat thread: another attempt owns the application, or the ResourceManager has forgotten it. */
    @Override
    public void onShutdownRequest() {
        fatal.accept("the ResourceManager does not know this attempt any more");
    }

    @Override
    public void onError(Throwable failure) {
        LOG.error("the heartbeat with the ResourceManager broke", failure);
        fatal.accept("the heartbeat with the ResourceManager broke: " + failure);
    }

    @Override
    public float getProgress() {
        return 0.5f;
    }

    private static List<String> ids(Iterable<PreemptionContainer> containers) {
        List<String> ids = new ArrayList<>();
        containers.forEach(container -> ids.add(container.getId().toString()));
        return ids;
    }
}
