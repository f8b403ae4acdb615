/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.am.scale.PoolScaler;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.DesiredState;
import io.sparkconnect.registry.DrainOrder;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.UncountedSessions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All that the core knows. Confined to the core thread. */
final class ClusterState {
    private static final int DECISIONS_KEPT = 50;
    private static final int ALLOCATION_IDS_PER_ATTEMPT = 1_000_000_000;

    final Identity identity;
    final WallClock wall;
    ServiceSpec spec;
    Policy policy;

    /** Slots by name, {@code default-2} before {@code default-10}. */
    final Map<String, Slot> slots =
            new TreeMap<>(Comparator.comparing(ClusterState::poolPart).thenComparingInt(ClusterState::index));

    final Map<String, NodeView> nodes = new TreeMap<>();
    /** Why the spec that the registry has cannot be followed; null when it can. It is read again each minute. */
    @Nullable
    String specTrouble;

    boolean nodesSeen;

    /** Earlier attempts left no slot: the registry was wiped while none lived. */
    boolean slotsWereLost;

    final Certificates deaths = new Certificates();
    final Obstacles obstacles = new Obstacles(this);
    final Refusals refusals = new Refusals();
    final Deque<Decision> decisions = new ArrayDeque<>();

    /** Living applications with our tag, as last listed. */
    List<ChildView> children = List.of();

    long childrenListedAtMs;

    /** Until when leftovers of dead servers are looked for often. */
    long reapUntilMs;

    /** How the last rollout of each pool goes, by pool. */
    final Map<String, RolloutProgress> rollouts = new TreeMap<>();

    final Proxies proxies;
    final Queues queues = new Queues(this);
    final LeavingNodes leavingNodes = new LeavingNodes(this);
    final NodeStrikes strikes = new NodeStrikes();

    /** Who decides each pool's size, by pool. */
    final Map<String, PoolScaler> scalers = new TreeMap<>();

    /** What they last decided, by pool. */
    final Map<String, Scaled> scaled = new TreeMap<>();

    /** Something has happened that may change a pool's size. */
    boolean scalingDue;

    /** How YARN is told where servers should go. */
    final Spreading spreading;

    /** What YARN was last told to avoid; null before it was told anything. */
    Action.@Nullable AvoidNodes avoiding;

    /** Largest container that the scheduler's configuration allows; {@link Long#MAX_VALUE} when only nodes bound it. */
    long maxMemoryMiB;

    int maxVcores;
    /** When this attempt learned that the service shall stop; 1 when an earlier one did; 0 while it shall run. */
    long stopSinceMs;

    boolean finished;
    private Set<String> ignoredSettings = Set.of();
    private final Set<String> uncounted = new TreeSet<>();
    private int allocationIds;
    private final List<Action> actions = new ArrayList<>();

    ClusterState(Identity identity, Recovered recovered, long nowMs) {
        this.identity = identity;
        this.wall = new WallClock(nowMs);
        this.proxies = new Proxies(nowMs);
        this.spec = recovered.spec();
        this.policy = recovered.policy();
        this.maxMemoryMiB = recovered.maxMemoryMiB();
        this.maxVcores = recovered.maxVcores();
        this.spreading = recovered.spreading();
        this.stopSinceMs = isStopping() ? 1 : 0;
    }

    void act(Action action) {
        actions.add(action);
    }

    List<Action> takeActions() {
        List<Action> taken = List.copyOf(actions);
        actions.clear();
        return taken;
    }

    /** Keeps a sentence for the operator. */
    void decide(long nowMs, String text) {
        Decision last = decisions.peekLast();
        if (last != null && last.text().equals(text)) {
            return;
        }
        decisions.addLast(new Decision(nowMs, text));
        act(new Action.RecordDecision(text));
        if (decisions.size() > DECISIONS_KEPT) {
            decisions.removeFirst();
        }
    }

    /**
     * A server of a version that cannot count its sessions is up in a pool that gives servers up and sets them no deadline:
     * said once for each pool.
     */
    void tellUncountedSessions(Slot slot, @Nullable String sparkVersion, long nowMs) {
        PoolSpec pool = spec.pools().get(slot.pool);
        if (pool != null) {
            UncountedSessions.warning(pool, sparkVersion)
                    .filter(warning -> uncounted.add(slot.pool))
                    .ifPresent(warning -> decide(nowMs, warning));
        }
    }

    /** Once for each set of them. */
    void tellUnknownSettings(ServiceSpec told, long nowMs) {
        Set<String> unknown = Policy.unknownSettings(told);
        if (!unknown.isEmpty() && !unknown.equals(ignoredSettings)) {
            decide(
                    nowMs,
                    "ignores settings that a newer version wrote and this ApplicationMaster does not know: "
                            + String.join(", ", unknown) + "; they hold when the service is launched anew");
        }
        ignoredSettings = unknown;
    }

    /** Never given before by any attempt: the attempt is part of it, so no record needs to have been written. */
    long nextAllocationRequestId() {
        allocationIds++;
        return (long) identity.attempt() * ALLOCATION_IDS_PER_ATTEMPT + allocationIds;
    }

    boolean isStopping() {
        return spec.desired() == DesiredState.STOPPED;
    }

    /** Servers that the pool shall have now. */
    int target(String pool) {
        PoolSpec wanted = spec.pools().get(pool);
        if (wanted == null || isStopping()) {
            return 0;
        }
        Scaled decided = scaled.get(pool);
        return decided == null ? wanted.minServers() : decided.decision().target();
    }

    Orders orders() {
        return spec.ordersOrNone();
    }

    /** An operator's wish that the slot's server goes; null when there is none. */
    @Nullable
    DrainOrder drainOrder(Slot slot) {
        if (slot.grant == null) {
            return null;
        }
        DrainOrder order = orders().drainedServers().get(slot.grant.containerId());
        return order == null ? orders().drainedNodes().get(slot.grant.node()) : order;
    }

    boolean isDrained(String node) {
        return orders().drainedNodes().containsKey(node);
    }

    /**
     * What servers of the pool are started with: as wished, or, when that came to nothing, as before. Null when the pool is
     * not wanted any more.
     */
    @Nullable
    PoolSpec launchSpec(String pool) {
        PoolSpec wished = spec.pools().get(pool);
        RolloutProgress progress = rollouts.get(pool);
        if (wished == null || wished.rollout() == null || progress == null) {
            return wished;
        }
        PoolSpec previous = wished.rollout().previous();
        boolean givenUp = progress.isGivenUp() && progress.revision == wished.revision();
        return givenUp && previous != null ? wished.startedLike(previous).withRollout(previous.rollout()) : wished;
    }

    /** What servers of each wanted pool are started with; see {@link #launchSpec}. */
    List<PoolSpec> launchSpecs() {
        return spec.pools().keySet().stream()
                .map(this::launchSpec)
                .filter(Objects::nonNull)
                .toList();
    }

    List<Slot> slotsOf(String pool) {
        return slots.values().stream().filter(slot -> slot.pool.equals(pool)).toList();
    }

    /** Pools that are wanted, and those that still have slots. */
    Set<String> pools() {
        Set<String> names = new TreeSet<>(spec.pools().keySet());
        slots.values().forEach(slot -> names.add(slot.pool));
        return names;
    }

    @Nullable
    Slot slotHolding(String containerId) {
        for (Slot slot : slots.values()) {
            if (slot.holds(containerId)) {
                return slot;
            }
        }
        return null;
    }

    @Nullable
    Slot slotAsking(long allocationRequestId) {
        for (Slot slot : slots.values()) {
            if (slot.allocationRequestId == allocationRequestId && allocationRequestId != 0) {
                return slot;
            }
        }
        return null;
    }

    /** A new server is ready: a rollout that started it gets on. */
    void noteReady(Slot slot, long nowMs) {
        RolloutProgress progress = rollouts.get(slot.pool);
        if (progress != null && progress.revision == slot.revision) {
            progress.failures = 0;
            progress.progressAtMs = nowMs;
        }
    }

    /** A server has failed: when it was never ready, that tells against the rollout that started it. */
    void noteFailure(Slot slot) {
        RolloutProgress progress = rollouts.get(slot.pool);
        if (progress != null && progress.revision == slot.revision && slot.readyAtMs == 0) {
            progress.failures++;
        }
    }

    /** Gives a container back that no slot needs. */
    void releaseUnheld(String containerId) {
        act(new Action.ReleaseContainer(containerId));
    }

    @Nullable
    NodeView node(@Nullable ContainerGrant grant) {
        return grant == null ? null : nodes.get(grant.node());
    }

    /** Looks often for leftovers of servers that ended now. */
    void reapFor(long nowMs) {
        reapUntilMs = Math.max(reapUntilMs, nowMs + policy.reapFor().toMillis());
    }

    static String slotName(String pool, int index) {
        return pool + "-" + index;
    }

    private static String poolPart(String slot) {
        int dash = slot.lastIndexOf('-');
        return dash < 0 ? slot : slot.substring(0, dash);
    }

    static int index(String slot) {
        try {
            return Integer.parseInt(slot.substring(slot.lastIndexOf('-') + 1));
        } catch (NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }
}
