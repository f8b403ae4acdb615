/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.launcher.ClusterView.Capacity;
import io.sparkconnect.launcher.ClusterView.Node;
import io.sparkconnect.launcher.ClusterView.Queue;
import io.sparkconnect.launcher.ClusterView.Size;
import io.sparkconnect.registry.settings.NearestName;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Setting;
import io.sparkconnect.registry.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether the queues exist and can hold what is asked. Pure: figures in, findings out. */
final class CapacityCheck {
    /** Spark's own application for the executors: spark.yarn.am.memory and its overhead, unless given. */
    private static final int CHILD_AM_DEFAULT_MIB = 512;

    private static final int CHILD_AM_LEAST_OVERHEAD_MIB = 384;

    private final Settings settings;
    private final Capacity capacity;
    private final List<Queue> queues;
    private final Findings findings;

    private CapacityCheck(Settings settings, Capacity capacity, List<Queue> queues, Findings findings) {
        this.settings = settings;
        this.capacity = capacity;
        this.queues = queues;
        this.findings = findings;
    }

    static void check(Settings settings, Capacity capacity, List<Queue> queues, Findings findings) {
        new CapacityCheck(settings, capacity, queues, findings).check();
    }

    private void check() {
        Optional<Queue> own = queue(ServiceSettings.QUEUE);
        Optional<Queue> executors = queue(ServiceSettings.EXECUTORS_QUEUE);
        Size server = ServerSize.server(settings);
        Size master = ServerSize.applicationMaster(settings);
        boolean serverFits = fitsAContainer(
                "a server's container",
                server,
                "sparkconnect.server.memory (heap), sparkconnect.server.memory.overhead or sparkconnect.server.vcores");
        boolean masterFits = fitsAContainer(
                "the ApplicationMaster's container", master, "sparkconnect.am.memory or sparkconnect.am.vcores");
        if (capacity.nodes().isEmpty()) {
            findings.warning("YARN has no running node: nothing will start until there is one");
            return;
        }
        if (serverFits && masterFits) {
            own.ifPresent(queue -> fitsTheQueue(queue, server, master));
        }
        executors.ifPresent(this::hasRoomForChildMasters);
    }

    private Optional<Queue> queue(Setting<String> setting) {
        String asked = settings.get(setting);
        Optional<Queue> found =
                queues.stream().filter(queue -> queue.isCalled(asked)).findFirst();
        if (found.isEmpty()) {
            List<String> leaves = queues.stream()
                    .filter(Queue::leaf)
                    .map(Queue::name)
                    .sorted()
                    .toList();
            findings.mistake(setting.name() + ": " + asked + " (no such queue; "
                    + (leaves.isEmpty()
                            ? "YARN shows none"
                            : "did you mean " + NearestName.to(asked, leaves) + "? there are: " + shortList(leaves))
                    + ")");
            return found;
        }
        Queue queue = found.get();
        if (!queue.leaf()) {
            findings.mistake(setting.name() + ": " + asked + " is a parent of queues (expected: a leaf queue)");
            return Optional.empty();
        }
        if (!queue.running()) {
            findings.mistake(setting.name() + ": " + asked + " is not running (start the queue, or name another)");
        }
        return found;
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

    private void fitsTheQueue(Queue queue, Size server, Size master) {
        long most = (long) (clusterMiB() * queue.maximumShare());
        int least = settings.get(ServiceSettings.SERVERS_MIN);
        long first = master.memoryMiB() + server.memoryMiB();
        String share = Math.round(queue.maximumShare() * 100) + " % of " + clusterMiB() + " MiB";
        if (first > most) {
            findings.mistake("sparkconnect.queue: " + queue.name() + " may grow to " + most + " MiB (" + share
                    + "), but the ApplicationMaster and one server need " + first
                    + " MiB (lower sparkconnect.server.memory, or raise the queue's maximum-capacity)");
            return;
        }
        long room = (most - master.memoryMiB()) / server.memoryMiB();
        if (room < least) {
            findings.warning("queue " + queue.name() + " may grow to " + most + " MiB (" + share + "): room for "
                    + InWords.count((int) room, "server") + " of " + server.memoryMiB()
                    + " MiB, but sparkconnect.servers.min is "
                    + least + "; the others will wait");
        }
    }

    private void hasRoomForChildMasters(Queue queue) {
        int least = settings.get(ServiceSettings.SERVERS_MIN);
        Double share = queue.maximumAmShare();
        if (share == null || least < 2) {
            return;
        }
        Map<String, String> conf = settings.get(ServiceSettings.SERVER_CONF);
        long childMiB = childMasterMiB(conf.get("spark.yarn.am.memory"), conf.get("spark.yarn.am.memoryOverhead"));
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

    private static long childMasterMiB(
            @org.jspecify.annotations.Nullable String memory, @org.jspecify.annotations.Nullable String overhead) {
        long heap = mib(memory, CHILD_AM_DEFAULT_MIB);
        return heap + mib(overhead, Math.max(CHILD_AM_LEAST_OVERHEAD_MIB, heap / 10));
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
