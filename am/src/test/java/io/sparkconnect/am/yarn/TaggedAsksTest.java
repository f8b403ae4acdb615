/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.yarn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkconnect.am.core.Action;
import io.sparkconnect.am.core.Spread;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.yarn.api.ApplicationMasterProtocol;
import org.apache.hadoop.yarn.api.protocolrecords.AllocateRequest;
import org.apache.hadoop.yarn.api.protocolrecords.RegisterApplicationMasterRequest;
import org.apache.hadoop.yarn.api.records.Priority;
import org.apache.hadoop.yarn.api.records.SchedulingRequest;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.hadoop.yarn.util.Records;
import org.junit.jupiter.api.Test;

class TaggedAsksTest {
    private final Heard heard = new Heard();
    private final AtomicLong nanos = new AtomicLong();
    private final TaggedAsks asks = new TaggedAsks(nanos::get);
    private final ApplicationMasterProtocol resourceManager = asks.carriedTo(heard);

    @Test
    void anAskGoesOutOnceWithItsTagItsLabelAndItsConstraint() throws Exception {
        asks.add(request(1));

        heartbeat();
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1"), List.of());
        assertThat(request(1).getAllocationTags()).containsExactly("sparkconnect-service-svc");
        assertThat(request(1).getPlacementConstraint().toString())
                .contains("sparkconnect-service-svc", "CORE", "node", "2");
    }

    @Test
    void whatWasNotHeardGoesOutAgain() throws Exception {
        asks.add(request(1));
        heard.away = true;
        assertThatThrownBy(this::heartbeat).isInstanceOf(IOException.class);
        heard.away = false;
        asks.add(request(2));

        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1", "2 x1"));
    }

    /** The scheduler forgets an ask only when its number falls to none by our word. */
    @Test
    void aWithdrawnAskBecomesNoneAndAnAnsweredOneIsMadeToBeForgotten() throws Exception {
        asks.add(request(1));
        asks.add(request(2));
        heartbeat();

        asks.withdraw(1);
        assertThat(asks.answered(2)).isEqualTo(request(2));
        heartbeat();
        asks.withdraw(1);
        assertThat(asks.answered(2)).isNull();
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1", "2 x1"), List.of("1 x0", "2 x1", "2 x0"), List.of());
    }

    @Test
    void aResourceManagerThatRegistersUsAnewHearsOfEveryOpenAskAndOfNoOther() throws Exception {
        asks.add(request(1));
        asks.add(request(2));
        asks.add(request(3));
        heartbeat();
        asks.withdraw(1);
        var unused = asks.answered(2);

        resourceManager.registerApplicationMaster(Records.newRecord(RegisterApplicationMasterRequest.class));
        heartbeat();

        assertThat(heard.beats).last().isEqualTo(List.of("3 x1"));
    }

    /** What the scheduler keeps of an ask above a maximum that has shrunk is not what a withdrawal of it is cut to. */
    @Test
    void aWithdrawalThatTheSchedulerDoesNotRecogniseIsTriedAgainAndHoldsNothingElseUp() throws Exception {
        asks.add(request(1));
        asks.add(request(2));
        heartbeat();
        heard.unrecognised.add(1L);
        asks.withdraw(1);
        asks.withdraw(2);
        asks.add(request(3));

        heartbeat();
        assertThat(heard.beats).last().isEqualTo(List.of("3 x1"));
        // Of the two each may have been the one.
        heartbeat();
        heartbeat();
        heartbeat();
        assertThat(heard.beats.subList(2, 5)).containsExactlyInAnyOrder(List.of("2 x1", "2 x0"), List.of(), List.of());
        asks.add(request(4));
        heartbeat();
        assertThat(heard.beats).last().isEqualTo(List.of("4 x1"));

        heard.unrecognised.clear();
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        heartbeat();
        heartbeat();

        assertThat(heard.beats.subList(6, 8)).containsExactly(List.of("1 x1", "1 x0"), List.of());
    }

    @Test
    void whatIsSaidOfAnAnsweredAskStaysTogetherWhenItIsRefused() throws Exception {
        asks.add(request(1));
        heartbeat();
        heard.unrecognised.add(1L);
        var unused = asks.answered(1);
        heartbeat();
        heartbeat();

        heard.unrecognised.clear();
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1"), List.of(), List.of(), List.of("1 x1", "1 x0"));
    }

    @Test
    void whatWasRefusedIsForgottenByAResourceManagerThatRegistersUsAnew() throws Exception {
        asks.add(request(1));
        heartbeat();
        heard.unrecognised.add(1L);
        asks.withdraw(1);
        heartbeat();

        resourceManager.registerApplicationMaster(Records.newRecord(RegisterApplicationMasterRequest.class));
        heard.unrecognised.clear();
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        heartbeat();

        assertThat(heard.beats).containsExactly(List.of("1 x1"), List.of(), List.of());
    }

    /** Such an attempt cannot ask for anything. */
    @Test
    void theRefusalOfAllConstraintsIsNotHidden() {
        asks.add(request(1));
        heard.disabled = true;

        assertThatThrownBy(this::heartbeat).hasMessageContaining("disabled");
    }

    private void heartbeat() throws Exception {
        resourceManager.allocate(Records.newRecord(AllocateRequest.class));
    }

    private static SchedulingRequest request(long id) {
        return ConstrainedRequest.of(
                new Action.AskContainer("default-0", id, 256, 1, "CORE", new Spread("sparkconnect-service-svc", 2)),
                Priority.newInstance(1));
    }

    private static final class Heard extends HeartbeatsHeard {
        private final List<List<String>> beats = new ArrayList<>();
        private final Set<Long> unrecognised = new HashSet<>();
        private boolean disabled;

        @Override
        void hear(AllocateRequest heartbeat) throws YarnException {
            if (disabled) {
                throw new YarnException("placement constraints are disabled");
            }
            if (heartbeat.getSchedulingRequests().stream()
                    .anyMatch(ask -> unrecognised.contains(ask.getAllocationRequestId()))) {
                throw new YarnException(
                        "org.apache.hadoop.yarn.exceptions.SchedulerInvalidResoureRequestException: Invalid"
                                + " updated SchedulingRequest added to scheduler");
            }
            beats.add(heartbeat.getSchedulingRequests().stream()
                    .map(ask -> ask.getAllocationRequestId() + " x"
                            + ask.getResourceSizing().getNumAllocations())
                    .toList());
        }
    }
}
