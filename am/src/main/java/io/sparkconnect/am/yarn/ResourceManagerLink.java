/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.ContainerGrant;
import io.sparkconnect.am.core.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.api.records.Container;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.client.api.AMRMClient.ContainerRequest;
import org.apache.hadoop.yarn.client.api.async.AMRMClientAsync;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;

/** The heartbeat with the ResourceManager: asks, allocations, completions. Thread-safe; only registering blocks. */
public final class ResourceManagerLink {
    private final AMRMClientAsync<ContainerRequest> client;
    private final boolean portInNodeName;
    private final Consumer<Event> events;
    private final @Nullable TaggedAsks tagged;
    private final Map<Long, ContainerRequest> outstanding = new ConcurrentHashMap<>();
    private final Map<String, Container> allocated = new ConcurrentHashMap<>();

    /**
     * @param heartbeatMs how often the ResourceManager is talked to
     * @param nodesChanged told when some node has come, gone or changed
     * @param fatal told when this attempt cannot go on; must end the process without unregistering
     * @param answered told when a heartbeat that was answered had been sent, as {@link System#nanoTime}
     * @param byConstraints whether asks will carry placement constraints: either all asks of an attempt do, or none
     */
    public ResourceManagerLink(
            Configuration conf,
            int heartbeatMs,
            Consumer<Event> events,
            Runnable nodesChanged,
            Consumer<String> fatal,
            LongConsumer answered,
            boolean byConstraints) {
        this.events = events;
        this.tagged = byConstraints ? new TaggedAsks(System::nanoTime) : null;
        PlainAsks plain = new PlainAsks((ask, why) -> events.accept(new Event.AskRefused(ask, why)));
        this.client = AMRMClientAsync.createAMRMClientAsync(
                new WitnessedClient(answered, tagged == null ? plain::carriedTo : tagged::carriedTo),
                heartbeatMs,
                new ResourceManagerCallbacks(events, nodesChanged, fatal, this::remember));
        this.client.init(conf);
        this.portInNodeName = conf.getBoolean(
                YarnConfiguration.RM_SCHEDULER_INCLUDE_PORT_IN_NODE_NAME,
                YarnConfiguration.DEFAULT_RM_SCHEDULER_USE_PORT_FOR_NODE_NAME);
    }

    /** Begins the heartbeats. The answer holds the running containers of earlier attempts. */
    public RegisterApplicationMasterResponse register(String host, int port, String trackingUrl)
            throws YarnException, IOException {
        client.start();
        return client.registerApplicationMaster(host, port, trackingUrl);
    }

    public void ask(Action.AskContainer ask) {
        if (tagged == null) {
            askPlainly(ask);
        } else {
            tagged.add(ConstrainedRequest.of(ask, priority(ask)));
        }
    }

    /**
     * Small asks go first, since the CapacityScheduler looks at no ask behind one that is too large for the node at hand. Asks
     * of one size are answered in the order of their allocation request ids.
     */
    private static Priority priority(Action.AskContainer ask) {
        return Priority.newInstance((int) Math.min(Integer.MAX_VALUE, ask.memoryMiB()));
    }

    private void askPlainly(Action.AskContainer ask) {
        ContainerRequest request = ContainerRequest.newBuilder()
                .capability(Resource.newInstance(ask.memoryMiB(), ask.vcores()))
                .priority(priority(ask))
                .allocationRequestId(ask.allocationRequestId())
                .nodeLabelsExpression(ask.nodeLabel())
                .build();
        outstanding.put(ask.allocationRequestId(), request);
        client.addContainerRequest(request);
    }

    public void cancel(long allocationRequestId) {
        if (tagged != null) {
            tagged.withdraw(allocationRequestId);
        }
        ContainerRequest request = outstanding.remove(allocationRequestId);
        if (request != null) {
            client.removeContainerRequest(request);
        }
    }

    public void avoid(Action.AvoidNodes avoid) {
        Set<String> avoided = names(avoid.nodes());
        Set<String> others = names(avoid.others());
        others.removeAll(avoided);
        // The client library changes the lists that it is given.
        client.updateBlacklist(new ArrayList<>(avoided), new ArrayList<>(others));
    }

    /** Nodes as the scheduler's blacklist knows them. */
    private Set<String> names(Set<String> nodeIds) {
        Set<String> names = new TreeSet<>();
        nodeIds.forEach(node -> names.add(portInNodeName ? node : node.substring(0, node.lastIndexOf(':'))));
        return names;
    }

    public void release(String containerId) {
        allocated.remove(containerId);
        client.releaseAssignedContainer(ContainerId.fromString(containerId));
    }

    /** The container with the token that starting it takes, once; null when it was not allocated to this attempt. */
    public @Nullable Container takeAllocated(String containerId) {
        return allocated.remove(containerId);
    }

    /** Tells the ResourceManager that the application is over. */
    public void unregister(FinalApplicationStatus status, String message) throws YarnException, IOException {
        client.unregisterApplicationMaster(status, message, "");
    }

    /** Running containers of earlier attempts, as YARN told when this one registered. */
    public static List<ContainerGrant> running(RegisterApplicationMasterResponse registered) {
        return registered.getContainersFromPreviousAttempts().stream()
                .map(ResourceManagerLink::grant)
                .toList();
    }

    /** What the core needs to know of a container. */
    public static ContainerGrant grant(Container container) {
        return new ContainerGrant(
                container.getId().toString(),
                container.getAllocationRequestId(),
                container.getNodeId().toString(),
                container.getNodeHttpAddress() == null ? "" : container.getNodeHttpAddress(),
                container.getResource() == null ? 0 : container.getResource().getMemorySize());
    }

    private void remember(Container container) {
        // The client library never removes an ask that was met: YARN would be asked again after its next restart.
        if (tagged != null) {
            refuseWhenSmaller(container, tagged.answered(container.getAllocationRequestId()));
        }
        cancel(container.getAllocationRequestId());
        allocated.put(container.getId().toString(), container);
    }

    /** Of an ask with a constraint above its maximum the scheduler makes one of its maximum, and says nothing. */
    private void refuseWhenSmaller(Container container, @Nullable SchedulingRequest asked) {
        long given = container.getResource().getMemorySize();
        long wanted =
                asked == null ? 0 : asked.getResourceSizing().getResources().getMemorySize();
        if (given < wanted) {
            events.accept(new Event.AskRejected(
                    container.getAllocationRequestId(), "its container has " + given + " of " + wanted + " MiB"));
        }
    }
}
