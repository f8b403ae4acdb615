/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.FinishApplicationMasterResponse;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterRequest;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterResponse;
import org.apache.hadoop.yarn.api.records.ResourceSizing;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;

/**
 * Asks with allocation tags and placement constraints, put into the heartbeats of Hadoop's own client on their way out. That
 * client can carry such asks too, but it keeps each one that was withdrawn for ever, and looks at all of them whenever it
 * gets another. Thread-safe.
 */
final class TaggedAsks {
    private final Map<Long, SchedulingRequest> outstanding = new LinkedHashMap<>();
    private final List<SchedulingRequest> unsent = new ArrayList<>();

    /** Asks for the one container that the request is for. */
    synchronized void add(SchedulingRequest request) {
        outstanding.put(request.getAllocationRequestId(), request);
        unsent.add(request);
    }

    /** Takes an ask back that was not answered; does nothing when there is no such ask. */
    synchronized void withdraw(long allocationRequestId) {
        SchedulingRequest request = outstanding.remove(allocationRequestId);
        if (request != null) {
            unsent.add(sized(request, 0));
        }
    }

    /**
     * Forgets an ask that a container has answered, and yields it; null when there is no such ask. The scheduler would keep it, and
     * look at it in every round: it only forgets an ask whose number falls to none by our word. So it is told of one more and
     * of none in one breath, which it takes in under one lock.
     */
    synchronized @Nullable SchedulingRequest answered(long allocationRequestId) {
        SchedulingRequest request = outstanding.remove(allocationRequestId);
        if (request != null) {
            unsent.add(request);
            unsent.add(sized(request, 0));
        }
        return request;
    }

    /** The ResourceManager, to which these asks go with every heartbeat. */
    ApplicationMasterProtocol carriedTo(ApplicationMasterProtocol resourceManager) {
        return new Carrier(resourceManager);
    }

    private synchronized List<SchedulingRequest> take() {
        List<SchedulingRequest> taken = List.copyOf(unsent);
        unsent.clear();
        return taken;
    }

    private synchronized void putBack(List<SchedulingRequest> notSent) {
        unsent.addAll(0, notSent);
    }

    /** A ResourceManager that registers us knows of no ask. */
    private synchronized void sendAllAgain() {
        unsent.clear();
        unsent.addAll(outstanding.values());
    }

    private static SchedulingRequest sized(SchedulingRequest request, int containers) {
        return SchedulingRequest.newInstance(
                request.getAllocationRequestId(),
                request.getPriority(),
                request.getExecutionType(),
                request.getAllocationTags(),
                ResourceSizing.newInstance(
                        containers, request.getResourceSizing().getResources()),
                request.getPlacementConstraint());
    }

    private final class Carrier implements ApplicationMasterProtocol, Closeable {
        private final ApplicationMasterProtocol resourceManager;

        Carrier(ApplicationMasterProtocol resourceManager) {
            this.resourceManager = resourceManager;
        }

        @Override
        public RegisterApplicationMasterResponse registerApplicationMaster(RegisterApplicationMasterRequest request)
                throws YarnException, IOException {
            RegisterApplicationMasterResponse response = resourceManager.registerApplicationMaster(request);
            sendAllAgain();
            return response;
        }

        @Override
        public AllocateResponse allocate(AllocateRequest request) throws YarnException, IOException {
            List<SchedulingRequest> asks = take();
            request.setSchedulingRequests(asks);
            boolean heard = false;
            try {
                AllocateResponse response = resourceManager.allocate(request);
                heard = true;
                return response;
            } finally {
                if (!heard) {
                    putBack(asks);
                }
            }
        }

        @Override
        public FinishApplicationMasterResponse finishApplicationMaster(FinishApplicationMasterRequest request)
                throws YarnException, IOException {
            return resourceManager.finishApplicationMaster(request);
        }

        @Override
        public void close() {
            RPC.stopProxy(resourceManager);
        }
    }
}
