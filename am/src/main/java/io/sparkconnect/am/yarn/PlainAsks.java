/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceRequest;
import org.apache.hadoop.yarn.exceptions.InvalidResourceRequestException;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;

/**
 * The asks of Hadoop's own client on their way out, so that one which the ResourceManager refuses costs nobody else's. It
 * refuses a heartbeat whole when one ask in it is above today's maximum, which shrinks with the nodes, or names a node label
 * that the queue may not use any more; that client would send the same again for ever. It looks at withdrawals with the same
 * eyes, though they are of a number of none: so a withdrawal goes out without size and label. The scheduler knows an ask by
 * priority and allocation request id alone, and takes off what it kept under them.
 *
 * <p>Confined to the thread of the heartbeats, but for the first registration.
 */
final class PlainAsks {
    private static final Resource NOTHING = Resource.newInstance(0, 0);

    private final Refused refused;

    /** Of a heartbeat that was refused, by what the ResourceManager judges them by; each kind is tried alone then. */
    private final Map<Kind, Map<Long, ResourceRequest>> doubted = new LinkedHashMap<>();

    /** Told, on the thread of the heartbeats, of each ask that was not taken: the ResourceManager does not know it. */
    interface Refused {
        void refused(long allocationRequestId, String why);
    }

    private record Kind(Resource size, @Nullable String label) {
        static Kind of(ResourceRequest ask) {
            return new Kind(ask.getCapability(), ask.getNodeLabelExpression());
        }
    }

    PlainAsks(Refused refused) {
        this.refused = refused;
    }

    /** The ResourceManager, to which asks go through this. */
    ApplicationMasterProtocol carriedTo(ApplicationMasterProtocol resourceManager) {
        return new Carrier(resourceManager);
    }

    private AllocateResponse deliver(AllocateRequest heartbeat, ApplicationMasterProtocol resourceManager)
            throws YarnException, IOException {
        List<ResourceRequest> withdrawals = new ArrayList<>();
        List<ResourceRequest> asks = new ArrayList<>();
        for (ResourceRequest ask : heartbeat.getAskList()) {
            if (ask.getNumContainers() == 0) {
                withdrawals.add(withdrawalOf(ask));
                doubted.values().forEach(kind -> kind.remove(ask.getAllocationRequestId()));
            } else {
                asks.add(ask);
            }
        }
        doubted.values().removeIf(Map::isEmpty);
        if (!doubted.isEmpty()) {
            // Behind those that are tried already. The client gives them again if this heartbeat is lost.
            doubt(asks);
            asks = List.copyOf(doubted.values().iterator().next().values());
        }
        heartbeat.setAskList(both(withdrawals, asks));
        try {
            AllocateResponse response = resourceManager.allocate(heartbeat);
            trust(asks);
            return response;
        } catch (InvalidResourceRequestException e) {
            judge(asks, e);
            heartbeat.setAskList(withdrawals);
            return resourceManager.allocate(heartbeat);
        }
    }

    private void doubt(List<ResourceRequest> asks) {
        for (ResourceRequest ask : asks) {
            doubted.computeIfAbsent(Kind.of(ask), kind -> new LinkedHashMap<>()).put(ask.getAllocationRequestId(), ask);
        }
    }

    private void trust(Collection<ResourceRequest> asks) {
        asks.forEach(ask -> doubted.remove(Kind.of(ask)));
    }

    private void judge(List<ResourceRequest> asks, InvalidResourceRequestException why)
            throws InvalidResourceRequestException {
        if (asks.isEmpty()) {
            // None of ours was in it.
            throw why;
        }
        if (asks.stream().map(Kind::of).distinct().count() > 1) {
            doubt(asks);
            return;
        }
        trust(asks);
        String text = String.valueOf(why.getMessage());
        String firstLine = text.lines().findFirst().orElse(text);
        asks.forEach(ask -> refused.refused(ask.getAllocationRequestId(), firstLine));
    }

    private static ResourceRequest withdrawalOf(ResourceRequest ask) {
        return ResourceRequest.newBuilder()
                .priority(ask.getPriority())
                .resourceName(ask.getResourceName())
                .allocationRequestId(ask.getAllocationRequestId())
                .executionTypeRequest(ask.getExecutionTypeRequest())
                .relaxLocality(ask.getRelaxLocality())
                .capability(NOTHING)
                .numContainers(0)
                .build();
    }

    private static List<ResourceRequest> both(List<ResourceRequest> withdrawals, List<ResourceRequest> asks) {
        List<ResourceRequest> both = new ArrayList<>(withdrawals);
        both.addAll(asks);
        return both;
    }

    private final class Carrier extends HeartbeatCarrier {
        Carrier(ApplicationMasterProtocol resourceManager) {
            super(resourceManager);
        }

        /** The client gives all of its asks again. */
        @Override
        void registered() {
            doubted.clear();
        }

        @Override
        public AllocateResponse allocate(AllocateRequest heartbeat) throws YarnException, IOException {
            return deliver(heartbeat, resourceManager);
        }
    }
}
