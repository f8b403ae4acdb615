/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.yarn.api.records.ContainerId;
import org.apache.hadoop.yarn.api.records.ExecutionTypeRequest;
import org.apache.hadoop.yarn.api.records.PreemptionContainer;
import org.apache.hadoop.yarn.api.records.PreemptionContract;
import org.apache.hadoop.yarn.api.records.PreemptionMessage;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.RejectedSchedulingRequest;
import org.apache.hadoop.yarn.api.records.RejectionReason;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.api.records.ResourceSizing;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.api.records.StrictPreemptionContract;
import org.junit.jupiter.api.Test;

class ResourceManagerCallbacksTest {
    private static final String FIRST = "container_1700000000000_0001_01_000002";
    private static final String SECOND = "container_1700000000000_0001_01_000003";

    private final List<Event> events = new ArrayList<>();
    private final List<String> fatal = new ArrayList<>();
    private final ResourceManagerCallbacks callbacks =
            new ResourceManagerCallbacks(events::add, () -> {}, fatal::add, container -> {});

    @Test
    void tellsWhatYarnWillTakeApartFromWhatItWouldLikeBack() {
        callbacks.onPreemptionMessageReceived(PreemptionMessage.newInstance(
                StrictPreemptionContract.newInstance(Set.of(container(FIRST))),
                PreemptionContract.newInstance(List.of(), Set.of(container(SECOND)))));

        assertThat(events)
                .containsExactly(
                        new Event.PreemptionWarned(List.of(FIRST), true),
                        new Event.PreemptionWarned(List.of(SECOND), false));
    }

    @Test
    void tellsWhichAskWasRejectedAndWhy() {
        SchedulingRequest request = SchedulingRequest.newInstance(
                7,
                Priority.newInstance(1),
                ExecutionTypeRequest.newInstance(),
                Set.of("tag"),
                ResourceSizing.newInstance(1, Resource.newInstance(256, 1)),
                null);

        callbacks.onRequestsRejected(
                List.of(RejectedSchedulingRequest.newInstance(RejectionReason.COULD_NOT_PLACE_ON_NODE, request)));

        assertThat(events).containsExactly(new Event.AskRejected(7, "COULD_NOT_PLACE_ON_NODE"));
    }

    @Test
    void takesACallbackThatFailsForTheEndOfTheAttempt() {
        callbacks.onError(new IllegalStateException("a callback threw"));

        assertThat(fatal).singleElement().satisfies(why -> assertThat(why).contains("a callback threw"));
    }

    private static PreemptionContainer container(String id) {
        return PreemptionContainer.newInstance(ContainerId.fromString(id));
    }
}
