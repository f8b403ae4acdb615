/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import io.sparkconnect.am.core.Event;
import java.util.function.Consumer;
import org.apache.hadoop.yarn.api.records.ContainerExitStatus;

/** Counts what YARN does to us on its way to the core. Thread-safe. */
final class EventCounts implements Consumer<Event> {
    private final Consumer<Event> next;
    private final Counter completions;
    private final Counter preemptions;
    private final Counter warnings;

    EventCounts(MetricRegistry metrics, Consumer<Event> next) {
        this.next = next;
        this.completions = metrics.counter("sparkconnect_am_container_completions_total");
        this.preemptions = metrics.counter("sparkconnect_am_containers_preempted_total");
        this.warnings = metrics.counter("sparkconnect_am_preemption_warnings_total");
    }

    @Override
    public void accept(Event event) {
        if (event instanceof Event.Completed completed) {
            completions.inc();
            if (completed.exitStatus() == ContainerExitStatus.PREEMPTED) {
                preemptions.inc();
            }
        } else if (event instanceof Event.PreemptionWarned) {
            warnings.inc();
        }
        next.accept(event);
    }
}
