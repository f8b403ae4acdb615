/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.am.core.Event;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventCountsTest {
    @Test
    void countsWhatYarnTakesAndHandsEveryEventOn() {
        MetricRegistry metrics = new MetricRegistry();
        List<Event> handedOn = new ArrayList<>();
        EventCounts counts = new EventCounts(metrics, handedOn::add);

        counts.accept(new Event.Completed("container_1", 0, ""));
        counts.accept(new Event.Completed("container_2", -102, ""));
        counts.accept(new Event.PreemptionWarned(List.of("container_3"), true));
        counts.accept(new Event.Tick());

        assertThat(metrics.counter("sparkconnect_am_container_completions_total")
                        .getCount())
                .isEqualTo(2);
        assertThat(metrics.counter("sparkconnect_am_containers_preempted_total").getCount())
                .isEqualTo(1);
        assertThat(metrics.counter("sparkconnect_am_preemption_warnings_total").getCount())
                .isEqualTo(1);
        assertThat(handedOn).hasSize(4);
    }
}
