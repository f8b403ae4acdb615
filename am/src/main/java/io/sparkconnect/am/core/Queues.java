/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.core;

import io.sparkconnect.am.scale.Room;
import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.ScalingStatus.Limit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What queues and nodes can hold of a pool. Bounded by the queue's maximum, the user limit and the nodes' sizes; not by what
 * is free at the moment: asking is the only way to find that out. Confined to the core thread.
 */
final class Queues {
    /** The scheduler's figures and our own are some seconds apart: what others hold is believed when it was told thrice. */
    private static final int LOOKS = 3;

    private final ClusterState cluster;
    private final Map<String, QueueView> byName = new HashMap<>();
    private final Map<String, Deque<Long>> heldByOthers = new HashMap<>();
    private long stepMiB = 1;

    Queues(ClusterState cluster) {
        this.cluster = cluster;
    }

    /** @param step the scheduler gives memory in multiples of this */
    void seen(List<QueueView> queues, long step, long nowMs) {
        tellChanges(queues, step, nowMs);
        stepMiB = Math.max(1, step);
        byName.clear();
        queues.forEach(queue -> byName.put(queue.name(), queue));
        heldByOthers.keySet().retainAll(cluster.spec.pools().keySet());
        for (PoolSpec pool : cluster.launchSpecs()) {
            QueueView queue = of(pool);
            if (queue != null) {
                Deque<Long> looks = heldByOthers.computeIfAbsent(pool.name(), name -> new ArrayDeque<>());
                looks.addLast(Math.max(0, queue.allocatedMiB() - oursMiB(pool)));
                if (looks.size() > LOOKS) {
                    looks.removeFirst();
                }
            }
        }
    }

    /** What an operator has changed of the limits that we go by; not what comes and goes with nodes. */
    private void tellChanges(List<QueueView> queues, long step, long nowMs) {
        if (!byName.isEmpty() && step != stepMiB) {
            cluster.decide(nowMs, "YARN gives memory in multiples of " + step + " MiB now, no more of " + stepMiB);
        }
        Set<String> ours = new HashSet<>();
        cluster.launchSpecs().forEach(pool -> ours.add(QueueView.leaf(pool.queue())));
        for (QueueView now : queues) {
            QueueView before = byName.get(now.name());
            if (before != null
                    && ours.contains(now.name())
                    && now.userLimitFactor() > 0
                    && before.userLimitFactor() > 0
                    && now.userLimitFactor() != before.userLimitFactor()) {
                cluster.decide(
                        nowMs,
                        "queue " + now.name() + ": its user-limit-factor is " + now.userLimitFactor() + " now, no more "
                                + before.userLimitFactor());
            }
        }
    }

    /** Those that pools ask in, for servers and for executors, as last told, in the order of their names. */
    List<QueueView> ofPools() {
        return cluster.launchSpecs().stream()
                .flatMap(pool -> Stream.of(pool.queue(), pool.executorsQueue()))
                .map(QueueView::leaf)
                .distinct()
                .sorted()
                .flatMap(name -> Stream.ofNullable(byName.get(name)))
                .toList();
    }

    /** Null when it has not been told yet, or is not there. */
    @Nullable
    QueueView of(PoolSpec pool) {
        return byName.get(QueueView.leaf(pool.queue()));
    }

    Room room(PoolSpec pool) {
        QueueView queue = of(pool);
        if (queue == null || !cluster.nodesSeen) {
            return Room.UNKNOWN;
        }
        long size = sizeMiB(pool);
        String label = pool.nodeLabel() == null ? queue.defaultLabel() : pool.nodeLabel();
        QueueView.Share share = queue.partitions().getOrDefault(label, new QueueView.Share(0, 0));
        // The scheduler tells what is allocated on nodes without a label only.
        long others = label.isEmpty() ? least(heldByOthers.get(pool.name())) : 0;
        Now now = now(pool, queue, share, label);
        long inQueue = Math.max(0, share.maximumMiB() - others) / size;
        Room room = new Room(
                clamp(inQueue),
                Limit.QUEUE,
                "queue " + queue.name() + " can hold " + servers(inQueue) + " of " + size + " MiB (its maximum is "
                        + share.maximumMiB() + " MiB" + (others == 0 ? "" : ", others in it hold " + others + " MiB")
                        + ")",
                now.why(),
                now.room());
        long master = masterMiB(label);
        long ofUser = Math.max(0, userLimitMiB(queue, share) - inOtherPoolsMiB(pool) - master) / size;
        if (userLimitMiB(queue, share) > 0 && ofUser < room.servers()) {
            room = new Room(
                    clamp(ofUser),
                    Limit.QUEUE,
                    "queue " + queue.name() + " gives one user " + servers(ofUser) + " of " + size
                            + " MiB (user-limit-factor " + queue.userLimitFactor() + " of its guaranteed "
                            + share.guaranteedMiB() + " MiB"
                            + (master == 0 ? "" : ", the ApplicationMaster holds " + master + " MiB") + ")",
                    now.why(),
                    now.room());
        }
        long onNodes = nodes(label).mapToLong(node -> node.memoryMiB() / size).sum();
        if (onNodes < room.servers()) {
            room = new Room(
                    clamp(onNodes),
                    Limit.NODES,
                    "the running nodes" + with(label) + " can hold " + servers(onNodes) + " of " + size + " MiB",
                    now.why(),
                    now.room());
        }
        return room;
    }

    /** Whether an ask would get its container at once, by all figures, and what may keep it from that. */
    private record Now(boolean room, String why) {}

    private Now now(PoolSpec pool, QueueView queue, QueueView.Share share, String label) {
        long size = sizeMiB(pool);
        if (label.isEmpty() && queue.allocatedMiB() + size > share.maximumMiB()) {
            return new Now(
                    false,
                    "queue " + queue.name() + " is full: " + queue.allocatedMiB() + " of at most " + share.maximumMiB()
                            + " MiB are in use");
        }
        long userLimitMiB = userLimitMiB(queue, share);
        if (userLimitMiB > 0 && oursMiB(pool) + inOtherPoolsMiB(pool) + masterMiB(label) + size > userLimitMiB) {
            return new Now(
                    false,
                    "one user may hold " + userLimitMiB + " MiB of queue " + queue.name()
                            + ": raise its user-limit-factor");
        }
        long mostFree = nodes(label).mapToLong(NodeView::freeMiB).max().orElse(0);
        if (mostFree < size) {
            return new Now(
                    false,
                    "no running node" + with(label) + " has " + size + " MiB free (the most is " + mostFree + " MiB)");
        }
        return new Now(
                true,
                "queue " + queue.name() + " has " + queue.allocatedMiB() + " of at most " + share.maximumMiB()
                        + " MiB in use and some node has " + mostFree
                        + " MiB free: a user limit of the queue, a limit of its parents or other asks before ours may be why");
    }

    private static long userLimitMiB(QueueView queue, QueueView.Share share) {
        return (long) (share.guaranteedMiB() * queue.userLimitFactor());
    }

    private Stream<NodeView> nodes(String label) {
        return cluster.nodes.values().stream()
                .filter(node -> node.isRunning() && !cluster.isDrained(node.node()))
                .filter(node -> label.isEmpty()
                        ? node.labels().isEmpty()
                        : node.labels().contains(label));
    }

    /** What the service's user holds for other pools: all are in the application's queue. */
    private long inOtherPoolsMiB(PoolSpec pool) {
        return cluster.launchSpecs().stream()
                .filter(other -> !other.name().equals(pool.name()))
                .mapToLong(this::oursMiB)
                .sum();
    }

    private long oursMiB(PoolSpec pool) {
        return cluster.slotsOf(pool.name()).stream()
                        .filter(slot -> slot.grant != null)
                        .count()
                * sizeMiB(pool);
    }

    /** What the ApplicationMaster's own container takes of the user's share: YARN counts it as any other. */
    private long masterMiB(String label) {
        return label.isEmpty() ? roundedUp(cluster.policy.masterMiB()) : 0;
    }

    private long sizeMiB(PoolSpec pool) {
        return Math.max(stepMiB, roundedUp(pool.containerMiB()));
    }

    private long roundedUp(long miB) {
        return (miB + stepMiB - 1) / stepMiB * stepMiB;
    }

    private static long least(@Nullable Deque<Long> looks) {
        return looks == null
                ? 0
                : looks.stream().mapToLong(Long::longValue).min().orElse(0);
    }

    private static String servers(long count) {
        return count == 1 ? "1 server" : count + " servers";
    }

    private static String with(String label) {
        return label.isEmpty() ? "" : " with label " + label;
    }

    private static int clamp(long servers) {
        return (int) Math.min(servers, 1_000_000);
    }
}
