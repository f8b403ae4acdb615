/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import io.sparkconnect.am.core.QueueView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.yarn.api.records.QueueConfigurations;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.Resource;

/**
 * What the scheduler says of its queues. Not the headroom that it tells an application: that counts down to the guaranteed
 * share only, while the queue can really grow to its maximum.
 */
final class QueueFigures {
    private static final String EVERY_LABEL = "*";

    private final QueueLimits limits;
    private final long clusterMiB;
    private final Set<String> clusterLabels;
    private final List<QueueView> leaves = new ArrayList<>();

    private QueueFigures(QueueLimits limits, long clusterMiB, Set<String> clusterLabels) {
        this.limits = limits;
        this.clusterMiB = clusterMiB;
        this.clusterLabels = clusterLabels;
    }

    /**
     * @param limits of users, which the scheduler's own word for a queue does not hold
     * @param clusterMiB memory of all running nodes, for schedulers that tell shares only
     * @param clusterLabels node labels that there are
     */
    static List<QueueView> leaves(
            List<QueueInfo> roots, QueueLimits limits, long clusterMiB, Set<String> clusterLabels) {
        QueueFigures figures = new QueueFigures(limits, clusterMiB, clusterLabels);
        roots.forEach(root -> figures.collect(root, "root", 1, 1));
        return figures.leaves;
    }

    private void collect(QueueInfo info, String parent, double parentGuaranteed, double parentMaximum) {
        // The FairScheduler's names are paths already.
        String name = info.getQueueName();
        String path = name.equals("root") || name.startsWith("root.") ? name : parent + "." + name;
        double guaranteed = parentGuaranteed * fraction(info.getCapacity());
        double maximum = parentMaximum * fraction(info.getMaximumCapacity());
        List<QueueInfo> children = info.getChildQueues();
        if (children != null && !children.isEmpty()) {
            children.forEach(child -> collect(child, path, guaranteed, maximum));
            return;
        }
        String label = info.getDefaultNodeLabelExpression();
        leaves.add(new QueueView(
                QueueView.leaf(name),
                partitions(info, guaranteed, maximum),
                label == null ? "" : label.strip(),
                info.getQueueStatistics() == null
                        ? 0
                        : info.getQueueStatistics().getAllocatedMemoryMB(),
                limits.userLimitFactor(path),
                labels(info)));
    }

    private Set<String> labels(QueueInfo info) {
        Set<String> accessible = info.getAccessibleNodeLabels();
        if (accessible == null || accessible.isEmpty()) {
            return Set.of();
        }
        Set<String> labels = new TreeSet<>(clusterLabels);
        if (!accessible.contains(EVERY_LABEL)) {
            labels.retainAll(accessible);
        }
        return labels;
    }

    private Map<String, QueueView.Share> partitions(QueueInfo info, double guaranteed, double maximum) {
        Map<String, QueueView.Share> shares = new HashMap<>();
        shares.put("", new QueueView.Share((long) (guaranteed * clusterMiB), (long) (maximum * clusterMiB)));
        Map<String, QueueConfigurations> told = info.getQueueConfigurations();
        if (told != null) {
            told.forEach((label, figures) -> {
                long most = memoryMiB(figures.getEffectiveMaxCapacity());
                if (most > 0) {
                    shares.put(label, new QueueView.Share(memoryMiB(figures.getEffectiveMinCapacity()), most));
                }
            });
        }
        return shares;
    }

    private static long memoryMiB(Resource resource) {
        return resource == null ? 0 : resource.getMemorySize();
    }

    /** Negative is how YARN says "no limit". */
    private static double fraction(float capacity) {
        return capacity < 0 || Float.isNaN(capacity) ? 1 : Math.min(1, capacity);
    }
}
