/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Capacity;
import io.sparkconnect.launcher.ClusterView.Node;
import io.sparkconnect.launcher.ClusterView.Queue;
import io.sparkconnect.launcher.ClusterView.Size;
import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.Pools;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether the queues exist and can hold what is asked. Pure: figures in, findings out. */
final class CapacityCheck {
    /** Spark's own application for the executors: spark.yarn.am.memory and its overhead, unless given. */
    private static final int CHILD_AM_DEFAULT_MIB = 512;

    private static final int CHILD_AM_LEAST_OVERHEAD_MIB = 384;

    private final Settings settings;
    private final Pools pools;
    private final Capacity capacity;
    private final List<Queue> queues;
    private final Findings findings;

    private CapacityCheck(Settings settings, Pools pools, Capacity capacity, List<Queue> queues, Findings findings) {
        this.settings = settings;
        this.pools = pools;
        this.capacity = capacity;
        this.queues = queues;
        this.findings = findings;
    }

    static void check(Settings settings, Pools pools, Capacity capacity, List<Queue> queues, Findings findings) {
        new CapacityCheck(settings, pools, capacity, queues, findings).check();
    }

    private void check() {
        Optional<Queue> own = queue(ServiceSettings.QUEUE.name(), settings.get(ServiceSettings.QUEUE));
        Map<Queue, List<String>> byExecutorsQueue = new LinkedHashMap<>();
        for (String pool : pools.names()) {
            queue(
                            pools.keyOf(pool, ServiceSettings.EXECUTORS_QUEUE),
                            pools.of(pool).get(ServiceSettings.EXECUTORS_QUEUE))
                    .ifPresent(queue -> byExecutorsQueue
                            .computeIfAbsent(queue, of -> new ArrayList<>())
                            .add(pool));
        }
        own.ifPresent(this::mayUseTheLabels);
        Size master = ServerSize.applicationMaster(settings);
        boolean allFit = true;
        for (String pool : pools.names()) {
            allFit &= fitsAContainer(
                    "a server's container" + ofPool(pool),
                    ServerSize.server(pools.of(pool)),
                    pools.keyOf(pool, ServiceSettings.SERVER_MEMORY) + " (heap), "
                            + pools.keyOf(pool, ServiceSettings.SERVER_MEMORY_OVERHEAD) + " or "
                            + pools.keyOf(pool, ServiceSettings.SERVER_VCORES));
        }
        allFit &= fitsAContainer(
                "the ApplicationMaster's container", master, "sparkconnect.am.memory or sparkconnect.am.vcores");
        if (capacity.nodes().isEmpty()) {
            findings.warning("YARN has no running node: nothing will start until there is one");
            return;
        }
        if (allFit && own.isPresent() && holdsOneOfEach(own.get(), master)) {
            holdsTheLeast(own.get(), master);
        }
        byExecutorsQueue.forEach(this::hasRoomForChildMasters);
    }

    /** Nothing where there is but one pool. */
    private String ofPool(String pool) {
        return pools.names().size() == 1 ? "" : " of pool " + pool;
    }

    private Optional<Queue> queue(String key, String asked) {
        Optional<Queue> found =
                queues.stream().filter(queue -> queue.isCalled(asked)).findFirst();
        if (found.isEmpty()) {
            List<String> leaves = queues.stream()
                    .filter(Queue::leaf)
                    .map(Queue::name)
                    .sorted()
                    .toList();
            findings.mistake(key + ": " + asked + " (no such queue; "
                    + (leaves.isEmpty()
                            ? "YARN shows none"
                            : "did you mean " + NearestName.to(asked, leaves) + "? there are: " + shortList(leaves))
                    + ")");
            return found;
        }
        Queue queue = found.get();
        if (!queue.leaf()) {
            findings.mistake(key + ": " + asked + " is a parent of queues (expected: a leaf queue)");
            return Optional.empty();
        }
        if (!queue.running()) {
            findings.mistake(key + ": " + asked + " is not running (start the queue, or name another)");
        }
        return found;
    }

    private void mayUseTheLabels(Queue queue) {
        mayUse(queue, ServiceSettings.AM_NODE_LABEL.name(), settings.get(ServiceSettings.AM_NODE_LABEL));
        for (String pool : pools.names()) {
            mayUse(
                    queue,
                    pools.keyOf(pool, ServiceSettings.SERVER_NODE_LABEL),
                    pools.of(pool).get(ServiceSettings.SERVER_NODE_LABEL));
        }
    }

    private void mayUse(Queue queue, String key, Optional<String> label) {
        if (label.isEmpty() || queue.labels().contains(label.get())) {
            return;
        }
        List<String> labels = queue.labels().stream().sorted().toList();
        findings.mistake(key + ": " + label.get() + " is no node label that queue " + queue.name() + " may use ("
                + (labels.isEmpty()
                        ? "it may use none: yarn.node-labels.enabled is false, or its accessible-node-labels are empty"
                        : "did you mean " + NearestName.to(label.get(), labels) + "? it may use: " + shortList(labels))
                + ")");
    }

    private boolean fitsAContainer(String what, Size size, String keys) {
        Size most = capacity.maximumAllocation();
        if (!most.holds(size)) {
            findings.mistake(what + " of " + size + " is larger than YARN's maximum of " + most + " (lower " + keys
                    + ", or raise yarn.scheduler.maximum-allocation-mb/-vcores)");
            return false;
        }
        // Vcores of nodes do not bind where the scheduler counts memory only, which is its default.
        long largest = capacity.nodes().stream()
                .map(Node::size)
                .mapToLong(Size::memoryMiB)
                .max()
                .orElse(Long.MAX_VALUE);
        if (size.memoryMiB() > largest) {
            findings.mistake(what + " of " + size + " fits no running node: the largest has " + largest + " MiB (lower "
                    + keys + ", or add larger nodes)");
            return false;
        }
        return true;
    }

    private boolean holdsOneOfEach(Queue queue, Size master) {
        boolean holds = true;
        for (String pool : pools.names()) {
            long first = master.memoryMiB() + ServerSize.server(pools.of(pool)).memoryMiB();
            if (first > mostMiB(queue)) {
                holds = false;
                findings.mistake("sparkconnect.queue: " + queue.name() + " may grow to " + mostMiB(queue) + " MiB ("
                        + share(queue) + "), but the ApplicationMaster and one server" + ofPool(pool) + " need " + first
                        + " MiB (lower " + pools.keyOf(pool, ServiceSettings.SERVER_MEMORY)
                        + ", or raise the queue's maximum-capacity)");
            }
        }
        return holds;
    }

    private void holdsTheLeast(Queue queue, Size master) {
        long left = mostMiB(queue) - master.memoryMiB();
        long wanted = 0;
        for (String pool : pools.names()) {
            wanted += pools.of(pool).get(ServiceSettings.SERVERS_MIN)
                    * ServerSize.server(pools.of(pool)).memoryMiB();
        }
        if (wanted <= left) {
            return;
        }
        String grows = "queue " + queue.name() + " may grow to " + mostMiB(queue) + " MiB (" + share(queue) + "): ";
        if (pools.names().size() == 1) {
            long size = ServerSize.server(settings).memoryMiB();
            findings.warning(grows + "room for " + InWords.count((int) (left / size), "server") + " of " + size
                    + " MiB, but " + pools.keyOf(SpecPlan.POOL, ServiceSettings.SERVERS_MIN) + " is "
                    + pools.of(SpecPlan.POOL).get(ServiceSettings.SERVERS_MIN) + "; the others will wait");
        } else {
            String servers = pools.names().stream()
                    .map(pool -> pools.of(pool).get(ServiceSettings.SERVERS_MIN) + " of "
                            + ServerSize.server(pools.of(pool)).memoryMiB() + " MiB in pool " + pool)
                    .collect(Collectors.joining(", "));
            findings.warning(grows + "not room for all servers that are to be kept (" + servers + ": " + wanted
                    + " MiB beside the ApplicationMaster); some will wait");
        }
    }

    private long mostMiB(Queue queue) {
        return (long) (clusterMiB() * queue.maximumShare());
    }

    private String share(Queue queue) {
        return Math.round(queue.maximumShare() * 100) + " % of " + clusterMiB() + " MiB";
    }

    /** @param inIt pools whose servers' own applications are in that queue */
    private void hasRoomForChildMasters(Queue queue, List<String> inIt) {
        Double share = queue.maximumAmShare();
        int least = 0;
        long childMiB = 0;
        for (String pool : inIt) {
            least += pools.of(pool).get(ServiceSettings.SERVERS_MIN);
            childMiB = Math.max(childMiB, childMasterMiB(pools.of(pool).get(ServiceSettings.SERVER_CONF)));
        }
        if (share == null || least < 2) {
            return;
        }
        long most = (long) (clusterMiB() * Math.max(queue.guaranteedShare(), queue.maximumShare()) * share);
        long room = Math.max(1, most / childMiB);
        if (room < least) {
            findings.warning("queue " + queue.name() + " gives ApplicationMasters " + most + " MiB at most ("
                    + Math.round(share * 100) + " %), and each server's own application has one of some " + childMiB
                    + " MiB: "
                    + InWords.count((int) room, "server") + " of " + least
                    + " will start, the others will wait (raise yarn.scheduler.capacity." + queue.path()
                    + ".maximum-am-resource-percent)");
        }
    }

    private static long childMasterMiB(Map<String, String> conf) {
        long heap = mib(conf.get("spark.yarn.am.memory"), CHILD_AM_DEFAULT_MIB);
        return heap + mib(conf.get("spark.yarn.am.memoryOverhead"), Math.max(CHILD_AM_LEAST_OVERHEAD_MIB, heap / 10));
    }

    /** Spark's own sizes; what cannot be read is Spark's to refuse, and counts here as the default. */
    private static long mib(@org.jspecify.annotations.Nullable String text, long otherwise) {
        if (text == null || !text.trim().matches("\\d{1,9}[mMgG]?")) {
            return otherwise;
        }
        String trimmed = text.trim().toLowerCase(java.util.Locale.ROOT);
        long amount = Long.parseLong(trimmed.replaceAll("\\D", ""));
        return trimmed.endsWith("g") ? amount * 1024 : amount;
    }

    private long clusterMiB() {
        return capacity.nodes().stream()
                .map(Node::size)
                .mapToLong(Size::memoryMiB)
                .sum();
    }

    private static String shortList(List<String> names) {
        int most = 12;
        return names.size() <= most
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, most)) + ", and " + (names.size() - most) + " more";
    }
}
