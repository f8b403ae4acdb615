/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateResponse;
import org.apache.hadoop.yarn.api.records.ResourceSizing;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks with allocation tags and placement constraints, put into the heartbeats of Hadoop's own client on their way out. That
 * client can carry such asks too, but it keeps each one that was withdrawn for ever, and looks at all of them whenever it
 * gets another.
 *
 * <p>The scheduler cuts each such request to today's maximum, and refuses a heartbeat whole when a word about an ask that it
 * knows does not then look like what it keeps: so an ask that is above a maximum that has shrunk cannot be withdrawn before
 * that rises again. Such a word is set aside and tried alone, time and again; what the scheduler keeps meanwhile fits no node.
 * Thread-safe.
 */
final class TaggedAsks {
    private static final Logger LOG = LoggerFactory.getLogger(TaggedAsks.class);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

    private final LongSupplier nanoTime;
    private final Map<Long, SchedulingRequest> outstanding = new LinkedHashMap<>();
    private final List<SchedulingRequest> unsent = new ArrayList<>();
    private final Deque<Refused> refused = new ArrayDeque<>();

    /** What the scheduler would not hear of one ask. */
    private record Refused(List<SchedulingRequest> words, long againAtNanos) {}

    /** @param nanoTime as {@link System#nanoTime} */
    TaggedAsks(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

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
            unsent.addAll(forgetting(request));
        }
        return request;
    }

    private static List<SchedulingRequest> forgetting(SchedulingRequest request) {
        return List.of(sized(request, 1), sized(request, 0));
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
        refused.clear();
        unsent.addAll(outstanding.values());
    }

    private synchronized @Nullable Refused takeRefused() {
        Refused first = refused.peekFirst();
        return first == null || first.againAtNanos() - nanoTime.getAsLong() > 0 ? null : refused.pollFirst();
    }

    /**
     * One that was refused already waits; of the others each may be the one. By the time that they are heard, their asks may have
     * been answered.
     */
    private synchronized void setAside(@Nullable Refused again, List<SchedulingRequest> words) {
        long now = nanoTime.getAsLong();
        perAsk(words).forEach(ofOne -> refused.addFirst(new Refused(forgetting(ofOne.get(0)), now)));
        if (again != null) {
            refused.addLast(new Refused(again.words(), now + TRY_AGAIN.toNanos()));
        }
    }

    private synchronized void putBack(@Nullable Refused notSent) {
        if (notSent != null) {
            refused.addFirst(notSent);
        }
    }

    private AllocateResponse deliver(AllocateRequest heartbeat, ApplicationMasterProtocol resourceManager)
            throws YarnException, IOException {
        List<SchedulingRequest> words = take();
        Refused again = takeRefused();
        List<SchedulingRequest> all = new ArrayList<>(words);
        if (again != null) {
            all.addAll(again.words());
        }
        heartbeat.setSchedulingRequests(all);
        List<SchedulingRequest> unheard = words;
        try {
            AllocateResponse response = resourceManager.allocate(heartbeat);
            unheard = List.of();
            again = null;
            return response;
        } catch (YarnException e) {
            if (!isAboutKnownAsks(e)) {
                throw e;
            }
            List<SchedulingRequest> news = withoutTakenBack(words);
            List<SchedulingRequest> rest = new ArrayList<>(words);
            rest.removeAll(news);
            if (!rest.isEmpty()) {
                LOG.info(
                        "withdrawals of {} asks wait until YARN takes them: {}",
                        perAsk(rest).size(),
                        firstLine(e));
            }
            setAside(again, rest);
            again = null;
            unheard = news;
            heartbeat.setSchedulingRequests(news);
            AllocateResponse response = resourceManager.allocate(heartbeat);
            unheard = List.of();
            return response;
        } finally {
            putBack(unheard);
            putBack(again);
        }
    }

    private static boolean isAboutKnownAsks(YarnException e) {
        // Hadoop 3.5 has mended the misspelt name of that class. What it says is only that it is not the same request.
        return String.valueOf(e.getMessage()).contains("SchedulerInvalidResou");
    }

    private static String firstLine(YarnException e) {
        String text = String.valueOf(e.getMessage());
        return text.lines().findFirst().orElse(text);
    }

    /** The asks that the scheduler has not heard of, as a rule: nothing can be wrong with those. */
    private static List<SchedulingRequest> withoutTakenBack(List<SchedulingRequest> words) {
        Set<Long> takenBack = words.stream()
                .filter(word -> word.getResourceSizing().getNumAllocations() == 0)
                .map(SchedulingRequest::getAllocationRequestId)
                .collect(Collectors.toSet());
        return words.stream()
                .filter(word -> !takenBack.contains(word.getAllocationRequestId()))
                .toList();
    }

    private static Collection<List<SchedulingRequest>> perAsk(List<SchedulingRequest> words) {
        return words.stream()
                .collect(Collectors.groupingBy(
                        SchedulingRequest::getAllocationRequestId, LinkedHashMap::new, Collectors.toList()))
                .values();
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

    private final class Carrier extends HeartbeatCarrier {
        Carrier(ApplicationMasterProtocol resourceManager) {
            super(resourceManager);
        }

        @Override
        void registered() {
            sendAllAgain();
        }

        @Override
        public AllocateResponse allocate(AllocateRequest heartbeat) throws YarnException, IOException {
            return deliver(heartbeat, resourceManager);
        }
    }
}
