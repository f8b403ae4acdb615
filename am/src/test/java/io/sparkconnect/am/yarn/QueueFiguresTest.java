/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.QueueView;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.QueueConfigurations;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.QueueStatistics;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class QueueFiguresTest {
    private final QueueLimits limits = new QueueLimits.Known(Map.of("root.users.sparkconnect", 1.5), 128);

    @Test
    void takesTheEffectiveSharesOfEachPartitionAsTheCapacitySchedulerTellsThem() {
        QueueInfo leaf = queue("sparkconnect", 0.3f, 0.4f);
        leaf.setQueueConfigurations(Map.of("", figures(2_457, 3_276), "gpu", figures(1_000, 2_000)));
        leaf.setDefaultNodeLabelExpression("gpu");

        List<QueueView> leaves =
                QueueFigures.leaves(List.of(parent("users", 0.5f, leaf)), limits, 8_192, Set.of("gpu", "spot"));

        assertThat(leaves)
                .containsExactly(new QueueView(
                        "sparkconnect",
                        Map.of("", new QueueView.Share(2_457, 3_276), "gpu", new QueueView.Share(1_000, 2_000)),
                        "gpu",
                        1_024,
                        1.5));
    }

    @Test
    void tellsTheLabelsThatThereAreAndThatTheQueueMayUse() {
        QueueInfo some = queue("some", 0.5f, 1f);
        some.setAccessibleNodeLabels(Set.of("gpu", "gone"));
        QueueInfo every = queue("every", 0.5f, 1f);
        every.setAccessibleNodeLabels(Set.of("*"));
        QueueInfo none = queue("none", 0.5f, 1f);

        assertThat(QueueFigures.leaves(List.of(some, every, none), limits, 8_000, Set.of("gpu", "spot")))
                .extracting(QueueView::labels)
                .containsExactly(Set.of("gpu"), Set.of("gpu", "spot"), Set.of());
    }

    @Test
    void multipliesTheSharesOfParentsWhereNothingElseIsTold() {
        QueueInfo leaf = queue("sparkconnect", 0.5f, 1f);

        List<QueueView> leaves = QueueFigures.leaves(
                List.of(parent("users", 0.5f, leaf)),
                new QueueLimits.Known(Map.of(), 128),
                8_000,
                Set.of("gpu", "spot"));

        assertThat(leaves)
                .containsExactly(
                        new QueueView("sparkconnect", Map.of("", new QueueView.Share(2_000, 4_000)), "", 1_024, 0));
    }

    @Test
    void takesANegativeMaximumForNoLimitAndAPathForAName() {
        QueueInfo leaf = queue("root.users.sparkconnect", 0.25f, -1f);

        assertThat(QueueFigures.leaves(List.of(leaf), limits, 8_000, Set.of("gpu", "spot")))
                .singleElement()
                .satisfies(queue -> assertThat(queue.name()).isEqualTo("sparkconnect"))
                .satisfies(queue -> assertThat(queue.partitions()).containsValue(new QueueView.Share(2_000, 8_000)));
    }

    private static QueueInfo parent(String name, float share, QueueInfo child) {
        QueueInfo parent = queue(name, share, share);
        parent.setChildQueues(List.of(child));
        return parent;
    }

    private static QueueInfo queue(String name, float share, float most) {
        QueueInfo queue = Records.newRecord(QueueInfo.class);
        queue.setQueueName(name);
        queue.setCapacity(share);
        queue.setMaximumCapacity(most);
        QueueStatistics statistics = Records.newRecord(QueueStatistics.class);
        statistics.setAllocatedMemoryMB(1_024);
        queue.setQueueStatistics(statistics);
        return queue;
    }

    private static QueueConfigurations figures(long guaranteedMiB, long maximumMiB) {
        QueueConfigurations figures = Records.newRecord(QueueConfigurations.class);
        figures.setEffectiveMinCapacity(Resource.newInstance(guaranteedMiB, 1));
        figures.setEffectiveMaxCapacity(Resource.newInstance(maximumMiB, 1));
        return figures;
    }
}
